"""A profile with what the command line says in place of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tmfrig.loadtests.profile import MOST_PER_SECOND, MOST_USERS, Profile, ProfileError, Stage, validated
from tmfrig.loadtests.slo import ServiceLevels


def adjusted(
    profile: Profile,
    *,
    users: int | None = None,
    rate: float | None = None,
    run_time: float | None = None,
    levels: ServiceLevels | None = None,
) -> Profile:
    """The profile with another number of users, rate, run time or other service levels.

    In a plain profile `users` alone makes it closed and `rate` makes it open (with both, `users` is how many
    there are at most). Stages are scaled, so that their highest is what is said, and in time. A search for
    the knee begins where it did and ends at `rate`. ProfileError where that makes no sense.
    """
    changes: dict[str, Any] = {} if levels is None else {"slo": levels}
    if profile.climb is not None:
        if rate is not None:
            climb = {"most": rate, "begin": min(profile.climb.begin, rate)}
            changes["climb"] = profile.climb.model_copy(update=climb)
        changes |= _given(users=users, run_time=run_time)
    elif profile.stages:
        changes["stages"] = _scaled(profile, users, rate, run_time)
        if profile.open:
            changes |= _given(users=users)
    else:
        if users is not None and rate is None:
            changes |= {"users": users, "rate": None}
        changes |= _given(users=users, rate=rate, run_time=run_time)
    if run_time is not None and profile.warm_up is not None and profile.seconds:
        changes["warm_up"] = profile.warm_up * min(1.0, run_time / profile.seconds)
    described = profile.model_copy(update=changes).model_dump(mode="json", by_alias=True, exclude_none=True)
    return validated(described, f"the profile {profile.name}, as the command line changes it")


def _given(**values: float | None) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _scaled(
    profile: Profile, users: int | None, rate: float | None, run_time: float | None
) -> tuple[Stage, ...]:
    if rate is not None and not profile.open:
        raise ProfileError(f"the profile {profile.name} has stages with users: give --users, not --rate")
    longer = run_time / (profile.seconds or run_time) if run_time is not None else 1.0
    more_users = _factor(users if not profile.open else None, lambda stage: stage.users, profile)
    faster = _factor(rate, lambda stage: stage.rate, profile)
    return tuple(
        stage.model_copy(
            update={
                "seconds": stage.seconds * longer,
                "users": stage.users and min(max(1, round(stage.users * more_users)), MOST_USERS),
                "rate": stage.rate and min(stage.rate * faster, MOST_PER_SECOND),
            }
        )
        for stage in profile.stages
    )


def _factor(wanted: float | None, of: Callable[[Stage], float | None], profile: Profile) -> float:
    highest = max((of(stage) or 0 for stage in profile.stages), default=0)
    return wanted / highest if wanted is not None and highest else 1.0
