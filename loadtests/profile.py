"""A load profile: who does what, how many of them or how often, how long, and what must hold meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from tmfrig.conformance.documents import first_mistake, read_document
from tmfrig.conformance.failure import CommandError
from tmfrig.conformance.timespan import LONGEST, Span
from tmfrig.loadtests.section import Section, spelled
from tmfrig.loadtests.slo import ServiceLevels
from tmfrig.specs import API_IDS, Contract, Kind

MOST_USERS = 20_000
MOST_PER_SECOND = 50_000.0
AT_ONCE = 200
"""How many users an open profile has at most, unless it says otherwise: so many requests are under way at
once."""


class ProfileError(CommandError):
    """A profile that does not exist, is wrong or does not fit the target; the message is one line."""


def _known_api(api: str) -> str:
    if api not in API_IDS:
        raise ValueError(f"{api!r} is none of {', '.join(API_IDS)}")
    return api


def _as_it_is_sent(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError(f"{spelled(value)}; write in quotes what is to be sent")  # noqa: TRY004
    return value


Users = Annotated[int, Field(ge=1, le=MOST_USERS)]
Rate = Annotated[float, Field(gt=0, le=MOST_PER_SECOND)]


class TaskData(Section):
    """One thing that a visitor does: an operation of a resource, `weight` times as often as one of weight 1.

    `retrieve` takes ids that earlier answers brought, or those of the target's data; `query` belongs to
    `list`.
    """

    do: Literal["list", "retrieve", "create"]
    api: Annotated[str, AfterValidator(_known_api)]
    resource: str
    query: dict[str, Annotated[str | int, BeforeValidator(_as_it_is_sent)]] = Field(default_factory=dict)
    weight: int = Field(default=1, ge=1)

    @cached_property
    def kind(self) -> Kind:
        """The kind of operation."""
        return Kind(self.do)


class Arrivals(StrEnum):
    """How requests of an open profile follow each other: by chance, as those of many strangers do (a Poisson
    process), or at even intervals."""

    random = "random"
    even = "even"


class Stage(Section):
    """A part of a run, with users or a rate; `ramp` begins at what was before, and gets there evenly."""

    model_config = ConfigDict(**Section.model_config, populate_by_name=True)

    seconds: Span = Field(alias="for")
    users: Users | None = None
    rate: Rate | None = None
    ramp: bool = False

    @model_validator(mode="after")
    def _one_model(self) -> Self:
        if (self.users is None) == (self.rate is None):
            raise ValueError("a stage has users or a rate, one of them")
        return self

    def rate_between(self, before: float, begin: float, end: float) -> float:
        """The mean rate between two moments of the stage, where the stage before it ended at `before`."""
        part = min(1.0, (begin + end) / 2 / self.seconds) if self.ramp else 1.0
        return before + ((self.rate or 0.0) - before) * part


class Climb(Section):
    """A search for the knee: the rate is raised by `factor` until a service level breaks, then the highest
    rate that holds is narrowed down to `within` of itself. `each` step lasts so long."""

    begin: Rate = Field(default=20.0, description="The first rate, in requests per second")
    factor: float = Field(default=2.0, gt=1.05, le=10, description="By how much it is raised")
    each: Span = Field(default=6.0, description="How long a step lasts")
    within: float = Field(default=0.06, ge=0.01, le=0.5, description="How narrowly the knee is looked for")
    most: Rate = Field(default=5000.0, description="Nothing above this rate is tried")

    @model_validator(mode="after")
    def _upwards(self) -> Self:
        if self.begin > self.most:
            raise ValueError("begin is above most")
        return self


class Mix(Section):
    """How many of each kind of user there are, in proportion to the others."""

    model_config = ConfigDict(**Section.model_config, populate_by_name=True)

    shopper: int = Field(default=0, ge=0, description="Browses, asks what is possible, orders, follows")
    care_agent: int = Field(
        default=0, ge=0, alias="care-agent", description="Searches inventory, modifies, cancels"
    )
    fulfilment: int = Field(default=0, ge=0, description="Orders services, updates inventory")
    inventory_reader: int = Field(default=0, ge=0, alias="inventory-reader", description="Reads inventory")
    visitor: int = Field(default=0, ge=0, description="Does what `tasks` says")

    @property
    def kinds(self) -> dict[str, int]:
        """The kinds that there are, with their weights: "care-agent": 2."""
        return {name.replace("_", "-"): weight for name, weight in self if weight}


class StopRule(Section):
    """When a run ends before its time: so large a share of failures, over so long.

    Requests that have had no answer for so long, and for ten seconds at least, count as failures.
    """

    failure_ratio: float = Field(default=0.5, gt=0, le=1)
    over: Span = Field(default=10.0)


class Profile(Section):
    """A load profile as its YAML file says it.

    What is put on the target is one of: `users` (closed: each waits for its answer, thinks, and goes on) or
    `rate` (open: requests per second, whatever the target does) for `run_time`; `stages`, one after the
    other; `climb`, a search for the highest rate at which the service levels hold.
    """

    name: str = Field(min_length=1, max_length=80)
    purpose: str = ""
    users: Users | None = Field(default=None, description="So many users; with a rate, at most so many")
    rate: Rate | None = Field(default=None, description="Requests per second")
    run_time: Span | None = None
    stages: tuple[Stage, ...] = ()
    climb: Climb | None = None
    spawn_rate: float = Field(default=20.0, gt=0, le=1000, description="Users started per second")
    arrivals: Arrivals = Arrivals.random
    think: float = Field(
        default=1.0, ge=0, le=100, description="How long users think, as a multiple of what is usual"
    )
    mix: Mix = Field(default_factory=Mix)
    receivers: int = Field(
        default=0, ge=0, le=20, description="Event receivers, registered at the target's hubs"
    )
    tasks: tuple[TaskData, ...] = Field(default=(), description="What visitors do")
    sample: float = Field(
        default=0.01, ge=0, le=1, description="The share of answers that is judged by its schema"
    )
    warm_up: Span | None = Field(default=None, description="What is not counted, at the beginning")
    slo: ServiceLevels = Field(default_factory=ServiceLevels)
    stop: StopRule = Field(default_factory=StopRule)

    @model_validator(mode="after")
    def _one_course(self) -> Self:
        plain = self.users is not None or self.rate is not None
        courses = [
            name
            for name, given in (
                ("users or rate", plain and not self.climb and not self.stages),
                ("stages", bool(self.stages)),
                ("climb", self.climb is not None),
            )
            if given
        ]
        if len(courses) != 1:
            found = " and ".join(courses) or "nothing"
            raise ValueError(f"say users or rate, stages, or climb: one of them, not {found}")
        if self.stages and self.rate is not None:
            raise ValueError("rate: the stages say it")
        if plain and not self.stages and not self.climb and self.run_time is None:
            raise ValueError("run_time: is missing, such as 2m")
        if self.stages and len({stage.rate is None for stage in self.stages}) > 1:
            raise ValueError("stages: all have users, or all have a rate")
        if sum(stage.seconds for stage in self.stages) > LONGEST:
            raise ValueError("stages: together they last longer than a day")
        return self

    @model_validator(mode="after")
    def _somebody_does_something(self) -> Self:
        if not self.mix.kinds and not self.tasks:
            raise ValueError("mix: nobody is there; name kinds of users, or tasks")
        if self.mix.visitor and not self.tasks:
            raise ValueError("mix.visitor: tasks must say what visitors do")
        return self

    @property
    def kinds(self) -> Mapping[str, int]:
        """Who is there: the mix, or visitors where there are tasks and no mix."""
        return self.mix.kinds or {"visitor": 1}

    @property
    def open(self) -> bool:
        """Whether requests come at a rate, whatever the target does."""
        if self.stages:
            return self.stages[0].rate is not None
        return self.climb is not None or self.rate is not None

    @property
    def at_once(self) -> int:
        """How many users there are at most."""
        if self.open:
            return self.users or AT_ONCE
        return max([stage.users or 0 for stage in self.stages] + [self.users or 0])

    @property
    def highest_rate(self) -> float | None:
        """The highest rate that is asked for, or None for a closed profile."""
        if self.climb is not None:
            return self.climb.most
        return max((stage.rate for stage in self.stages if stage.rate), default=self.rate)

    @property
    def seconds(self) -> float | None:
        """How long the run lasts; None where that depends on what is found."""
        if self.climb is not None:
            return self.run_time
        return sum(stage.seconds for stage in self.stages) or self.run_time

    @property
    def course(self) -> tuple[Stage, ...]:
        """The stages, also where there is only one; none for a climb."""
        if self.stages or self.climb is not None:
            return self.stages
        rate, users = self.rate, None if self.rate else self.users
        return (Stage.model_validate({"for": self.run_time or LONGEST, "users": users, "rate": rate}),)


def profile_names() -> tuple[str, ...]:
    """The profiles that come with tmfrig."""
    folder = files(__package__) / "profiles"
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir()))


def load_profile(name: str) -> Profile:
    """One of the profiles that come with tmfrig, by name, or one from a YAML, TOML or JSON file, by path.

    ProfileError says in one line what is wrong and how to mend it.
    """
    if name in profile_names():
        with as_file(files(__package__) / "profiles" / f"{name}.yaml") as path:
            return validated(read_document(path, ProfileError), f"the profile {name}")
    path = Path(name)
    if not path.is_file():
        raise ProfileError(f"no profile {name!r}: name one of {', '.join(profile_names())}, or a YAML file")
    return validated(read_document(path, ProfileError, "the profile "), f"the profile {name}")


def validated(data: Any, origin: str) -> Profile:
    """The profile that plain data describe. ProfileError when they do not."""
    if not isinstance(data, dict):
        raise ProfileError(f"{origin} is no profile; see tmfrig load --schema")
    try:
        return Profile.model_validate(data)
    except ValidationError as problem:
        raise ProfileError(f"{origin}: {first_mistake(problem, Profile)}") from None


def profile_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a profile."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Profile.model_json_schema(by_alias=True),
        "title": "tmfrig load profile",
    }


def check_tasks(profile: Profile, contracts: Mapping[str, Contract]) -> None:
    """ProfileError where a task names what the contract of its API does not have.

    Tasks on APIs that the target lacks are left out, not wrong.
    """
    for task in profile.tasks:
        if task.api not in contracts:
            continue
        resources = contracts[task.api].resources
        if task.resource not in resources:
            raise ProfileError(
                f"the profile {profile.name}: {task.api} has no {task.resource}; it has "
                f"{', '.join(resources)}"
            )
        if task.kind not in resources[task.resource].operations:
            raise ProfileError(
                f"the profile {profile.name}: {task.api} does not offer to {task.do} a {task.resource}"
            )
