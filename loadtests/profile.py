"""A load profile: who does what, how often, how long, and which service levels must hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from tmfrig.conformance.failure import CommandError
from tmfrig.specs import API_IDS, Contract, Kind

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?")


class ProfileError(CommandError):
    """A profile that does not exist, is wrong or does not fit the target; the message is one line."""


def duration(text: str) -> timedelta:
    """A time span as people write it: "5s", "2m", "1h30m", "90". ValueError for anything else, also for 0."""
    match = _DURATION.fullmatch(text.strip())
    hours, minutes, seconds = (float(part or 0) for part in match.groups()) if match else (0.0, 0.0, 0.0)
    span = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if not span:
        raise ValueError(f"{text!r} is no time span; write 5s, 2m or 1h30m")
    return span


def _known_api(api: str) -> str:
    if api not in API_IDS:
        raise ValueError(f"{api!r} is none of {', '.join(API_IDS)}")
    return api


def _ordered(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[0] > pair[1]:
        raise ValueError("the shortest think time is longer than the longest")
    return pair


Duration = Annotated[timedelta, BeforeValidator(lambda told: duration(str(told)))]
Pause = Annotated[float, Field(ge=0)]


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class TaskData(_Data):
    """One thing that a user does: an operation of a resource, `weight` times as often as one of weight 1.

    `retrieve` takes ids that earlier answers brought; `query` belongs to `list`.
    """

    do: Literal["list", "retrieve", "create"]
    api: Annotated[str, AfterValidator(_known_api)]
    resource: str
    query: dict[str, str | int] = Field(default_factory=dict)
    weight: int = Field(default=1, ge=1)

    @property
    def kind(self) -> Kind:
        """The kind of operation."""
        return Kind(self.do)


class ServiceLevels(_Data):
    """What must hold at the end; a level that is None is not asked for."""

    failure_ratio: float | None = Field(default=None, ge=0, le=1)
    p95_ms: float | None = Field(default=None, gt=0)


class Profile(_Data):
    """A load profile as its YAML file says it."""

    name: str
    purpose: str
    users: int = Field(ge=1)
    spawn_rate: float = Field(gt=0)
    run_time: Duration
    think_time: Annotated[tuple[Pause, Pause], AfterValidator(_ordered)]
    tasks: tuple[TaskData, ...] = Field(min_length=1)
    slo: ServiceLevels

    @property
    def apis(self) -> tuple[str, ...]:
        """The APIs that the tasks use, in ascending order."""
        return tuple(sorted({task.api for task in self.tasks}))


def profile_names() -> tuple[str, ...]:
    """The profiles that come with tmfrig."""
    folder = files(__package__) / "profiles"
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir()))


def load_profile(name: str) -> Profile:
    """One of the profiles that come with tmfrig, by name, or one from a YAML file, by path.

    ProfileError says in one line what is wrong and how to mend it.
    """
    if name in profile_names():
        return _parsed((files(__package__) / "profiles" / f"{name}.yaml").read_text("utf-8"), name)
    path = Path(name)
    if not path.is_file():
        raise ProfileError(f"no profile {name!r}: name one of {', '.join(profile_names())}, or a YAML file")
    try:
        return _parsed(path.read_text("utf-8"), name)
    except (OSError, UnicodeDecodeError) as problem:
        raise ProfileError(f"cannot read the profile {name}: {problem}") from None


def fit(profile: Profile, contracts: Mapping[str, Contract]) -> None:
    """Returns when the profile can be put on a target with these contracts, by API identifier.

    Tasks on APIs that the target lacks are left out; ProfileError when that is all of them, or when a task
    names what a contract does not have.
    """
    if not contracts.keys() & set(profile.apis):
        raise ProfileError(
            f"the profile {profile.name} is for {' and '.join(profile.apis)}, and the target names only "
            f"{', '.join(sorted(contracts))}; name one of them in the target, or give a profile of your own"
        )
    for task in profile.tasks:
        if task.api not in contracts:
            continue
        resources = contracts[task.api].resources
        if task.resource not in resources:
            there = ", ".join(resources)
            raise ProfileError(
                f"the profile {profile.name}: {task.api} has no {task.resource}; it has {there}"
            )
        if task.kind not in resources[task.resource].operations:
            raise ProfileError(
                f"the profile {profile.name}: {task.api} does not offer to {task.do} a {task.resource}"
            )


def _parsed(text: str, name: str) -> Profile:
    try:
        return Profile.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as problem:
        where = getattr(problem, "problem_mark", None)
        line = f" (line {where.line + 1})" if where else ""
        raise ProfileError(f"the profile {name} is not YAML{line}") from None
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "it"
        raise ProfileError(f"the profile {name} is wrong: {where}: {first['msg']}") from None
