"""The data document: what exists at the target, by the purpose for which a scenario needs it.

`tmfrig.features --data FILE` reads one (YAML or JSON; the schema is in `README.md`). The reference servers
come with one of their own, `telco.yaml` beside this module.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from tmfrig.conformance.check import Skipped
from tmfrig.conformance.failure import CommandError

BUILT_IN = Path(__file__).parent / "telco.yaml"


class DataError(CommandError):
    """The data document is wrong; the message is one line that says where and how to mend it."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Entry(BaseModel):
    """Something that exists at the target: its id, and whatever else a reference to it should say."""

    model_config = ConfigDict(extra="allow", frozen=True)

    id: str = Field(min_length=1)
    name: str | None = None
    characteristics: dict[str, Any] = Field(
        default_factory=dict, description="How it is configured when it is ordered or asked for"
    )

    @property
    def reference(self) -> dict[str, Any]:
        """The entry as a body refers to it."""
        return self.model_dump(exclude={"characteristics"}, exclude_none=True)


def _entry(value: Any) -> Any:
    return {"id": value} if isinstance(value, str) else value


Known = Annotated[Entry, BeforeValidator(_entry)]
"""An entry, written as its id alone or as an object."""


class Offerings(_Strict):
    """Product offerings."""

    single: Known | None = Field(
        default=None, description="One for sale by itself, possible at `places.full`"
    )
    another: Known | None = Field(default=None, description="Another one, for orders with two items")
    bundle: Known | None = Field(default=None, description="One that bundles others")
    add_on: Known | None = Field(default=None, description="One that a customer of `single` may add")
    unavailable: Known | None = Field(default=None, description="One that is known, and no longer for sale")


class Places(_Strict):
    """Addresses, seen from `offerings.single` and `services.single`."""

    full: Known | None = Field(default=None, description="Everything is possible here")
    limited: Known | None = Field(default=None, description="The same with less speed")
    alternative: Known | None = Field(default=None, description="Not the same, but something in its place")
    none: Known | None = Field(default=None, description="Nothing at all")


class Services(_Strict):
    """Service specifications (TMF633)."""

    single: Known | None = Field(default=None, description="A customer-facing one")
    underlying: Known | None = Field(default=None, description="One that `single` rests on")


class Outcome(_Strict):
    """How to make an order come out as wanted: all of what is given is put into the order."""

    externalId: str | None = Field(  # noqa: N815 - as the attribute that it changes is called
        default=None, description="Appended to the order's external id"
    )
    offering: Known | None = Field(default=None, description="Ordered in place of `offerings.single`")
    place: Known | None = Field(default=None, description="Ordered at this place")
    characteristics: dict[str, Any] = Field(default_factory=dict, description="Added to the ordered product")
    answer: dict[str, Any] = Field(
        default_factory=dict, description="Characteristics that answer a question for information"
    )


class Outcomes(_Strict):
    """What an order may come to when it is provoked."""

    fail: Outcome | None = Field(default=None, description="Fulfilment of the order fails")
    fail_part: Outcome | None = Field(default=None, description="A bundle fails in one of its parts")
    partial: Outcome | None = Field(default=None, description="A part is delivered, another one is not")
    information: Outcome | None = Field(default=None, description="Information is required before it goes on")
    hold: Outcome | None = Field(default=None, description="The order is held once, until it is resumed")
    never_ending: Outcome | None = Field(default=None, description="Stays in progress until it is cancelled")
    slow: Outcome | None = Field(default=None, description="Takes long enough to be looked at meanwhile")
    cancel_denied: Outcome | None = Field(default=None, description="Its cancellation is denied")
    duplicate_events: Outcome | None = Field(default=None, description="Every notification comes twice")
    reordered_events: Outcome | None = Field(default=None, description="Notifications come out of order")
    lost_events: Outcome | None = Field(default=None, description="Notifications of fulfilment are lost")


class Data(_Strict):
    """A data document. Whatever it does not name, the scenarios that need it are skipped."""

    offerings: Offerings = Offerings()
    places: Places = Places()
    services: Services = Services()
    customer: Known | None = Field(default=None, description="A party that may order")
    billing_account: Known | None = Field(default=None, description="The account that an order is billed to")
    change: dict[str, Any] = Field(
        default_factory=dict, description="Characteristics of `offerings.single` that a customer may change"
    )
    outcomes: Outcomes = Outcomes()

    def offering(self, purpose: str) -> Entry:
        """The offering for a purpose; Skipped when the document names none."""
        return self._named("offerings", self.offerings, purpose)

    def place(self, purpose: str) -> Entry:
        """The place for a purpose; Skipped when the document names none."""
        return self._named("places", self.places, purpose)

    def service(self, purpose: str) -> Entry:
        """The service specification for a purpose; Skipped when the document names none."""
        return self._named("services", self.services, purpose)

    def outcome(self, purpose: str) -> Outcome:
        """How to provoke an outcome; Skipped when the document does not say."""
        found: Outcome | None = self._part("outcomes", self.outcomes, purpose)
        if found is None:
            raise Skipped(
                f"nobody says how this target is made to play {purpose!r}; "
                f"name it as outcomes.{purpose} in the data"
            )
        return found

    def changes(self) -> dict[str, Any]:
        """What a customer may change of `offerings.single`: characteristics by name; empty for nothing."""
        return dict(self.change)

    def for_foreign(self, roles: Collection[str]) -> Data:
        """The document without what says something about these roles, which somebody else plays."""
        owners = {"TMF620": "offerings", "TMF633": "services", "TMF641": "outcomes"}
        gone = {name for role, name in owners.items() if role in roles}
        if {"TMF645", "TMF679"} & set(roles):
            gone.add("places")
        if "offerings" in gone:
            gone.add("change")
        empty = Data()
        return self.model_copy(update={name: getattr(empty, name) for name in gone})

    def _named(self, section: str, part: BaseModel, purpose: str) -> Entry:
        found: Entry | None = self._part(section, part, purpose)
        if found is None:
            raise Skipped(
                f"nobody says what exists here for this; name it as {section}.{purpose} in the data"
            )
        return found

    def _part(self, section: str, part: BaseModel, purpose: str) -> Any:
        if purpose not in type(part).model_fields:
            known = ", ".join(type(part).model_fields)
            raise LookupError(f"there is no {section}.{purpose}; there are {known}")
        return getattr(part, purpose)


def built_in() -> Data:
    """What the reference servers hold."""
    return read_data(BUILT_IN)


def read_data(path: Path) -> Data:
    """The data document in a file. DataError when it cannot be read or says something that it should not."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        why = getattr(problem, "strerror", None) or "it is not text"
        raise DataError(f"cannot read the data {path}: {why}") from None
    found = _parsed(text, path)
    if not isinstance(found, dict):
        raise DataError(f"{path} holds no data document; it names what exists under offerings, places …")
    try:
        return Data.model_validate(found)
    except ValidationError as problem:
        raise DataError(f"{path}: {_first(problem)}") from None


def _parsed(text: str, path: Path) -> Any:
    try:
        return json.loads(text) if path.suffix.lower() == ".json" else yaml.safe_load(text)
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 0
        raise DataError(f"{path} is not YAML: {problem.problem} in line {line}") from None
    except (ValueError, yaml.YAMLError, RecursionError) as problem:
        kind = "JSON" if path.suffix.lower() == ".json" else "YAML"
        raise DataError(f"{path} is not {kind}: {str(problem).splitlines()[0]}") from None


def _first(problem: ValidationError) -> str:
    first = problem.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"{place}: there is no such key; there are {', '.join(_siblings(first['loc']))}"
    said = first["msg"]
    return f"{place}: {said[:1].lower()}{said[1:]}"


def _siblings(place: tuple[int | str, ...]) -> Iterator[str]:
    """The keys that may stand where `place` has a wrong one."""
    model: type[BaseModel] = Data
    for part in place[:-1]:
        field = model.model_fields.get(str(part))
        found = list(_models(field.annotation)) if field is not None else []
        model = found[0] if found else model
    yield from model.model_fields


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in getattr(annotation, "__args__", ()):
        yield from _models(each)
