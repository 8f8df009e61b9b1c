"""Faults that only many bodies and queries bring to light: in combinations, rare values and nested places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from tmfrig.mockservers.amendment import Amendment
from tmfrig.mockservers.collection import Collection, Update
from tmfrig.mockservers.exchange import Exchange
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.intake import Intake
from tmfrig.mockservers.store import Body, Document
from tmfrig.specs import Problem, Resource, Schema

CATALOG, ORDERS, PRODUCTS = "TMF620", "TMF622", "TMF637"


# ── valid bodies ────────────────────────────────────────────────────────────────────────────────────────────


@fault(
    "note-without-author-fails",
    ORDERS,
    "A create with a note that has a date and no author is answered 500; both are optional.",
    rule="HTTP-04",
    family="robustness",
)
class FailsWithoutAuthor(Intake):
    """Takes for granted that who dates a note signs it."""

    def check(self, body: Any, raw: bytes) -> Body:
        """Look at the notes, too."""
        checked = super().check(body, raw)
        for note in checked.get("note") or ():
            if "date" in note:
                _ = note["author"]
        return checked


@fault(
    "channel-without-party-fails",
    ORDERS,
    "A create with a channel and no relatedParty is answered 500; both are optional.",
    rule="HTTP-04",
    family="robustness",
)
class FailsWithoutParty(Intake):
    """Looks for the seller of the channel among the parties."""

    def check(self, body: Any, raw: bytes) -> Body:
        """Look for the seller, too."""
        checked = super().check(body, raw)
        if checked.get("channel"):
            _ = checked["relatedParty"][0]
        return checked


@fault(
    "rare-action-fails",
    ORDERS,
    "An item with the action noChange is answered 500, though the enumeration lists it.",
    rule="ENUM-01",
    family="robustness",
)
class FailsAtRareActions(Intake):
    """Knows what to do for each action, except for one."""

    _steps: ClassVar = {"add": 1, "modify": 2, "delete": 3}

    def check(self, body: Any, raw: bytes) -> Body:
        """Work out what there is to do, too."""
        checked = super().check(body, raw)
        for item in _objects(checked):
            if "action" in item:
                _ = self._steps[item["action"]]
        return checked


# ── invalid bodies ──────────────────────────────────────────────────────────────────────────────────────────


class _Lenient:
    """A schema that overlooks problems of one kind below the first level."""

    def __init__(self, schema: Schema, overlooked: str, sentence: str) -> None:
        self._schema = schema
        self._overlooked = overlooked
        self._sentence = sentence

    def __getattr__(self, name: str) -> Any:
        return getattr(self._schema, name)

    def accepts(self, value: Any) -> bool:
        """Whether there is no problem that is not overlooked."""
        return self._schema.accepts(value) or not self.problems(value)

    def problems(self, value: Any) -> Sequence[Problem]:
        """The problems that are not overlooked."""
        return [each for each in self._schema.problems(value) if not self._is_overlooked(each)]

    def _is_overlooked(self, problem: Problem) -> bool:
        nested = "." in problem.path
        return nested and problem.keyword == self._overlooked and problem.sentence.startswith(self._sentence)


class _LenientIntake(Intake):
    _overlooked: ClassVar[str]
    _sentence: ClassVar[str] = ""

    def __init__(self, api: str, resource: Resource) -> None:
        super().__init__(api, resource)
        lenient: Any = {
            name: _Lenient(schema, self._overlooked, self._sentence)
            for name in ("creation", "representation")
            if (schema := getattr(self._resource, name)) is not None
        }
        self._resource = replace(self._resource, **lenient)


@fault(
    "nested-boolean-as-text-is-stored",
    CATALOG,
    "A text where a nested attribute is a boolean is stored as it came; it should be refused.",
    rule="HTTP-12",
    family="schema",
)
class StoresTextForBooleans(_LenientIntake):
    """Takes what looks like a boolean for one."""

    _overlooked = "type"
    _sentence = "should be a boolean"


@fault(
    "nested-number-as-text-is-stored",
    ORDERS,
    "Anything is stored where a nested attribute is a number; it should be refused.",
    rule="HTTP-12",
    family="schema",
)
class StoresAnythingForNumbers(_LenientIntake):
    """Lets the ones who calculate with it find out."""

    _overlooked = "type"
    _sentence = "should be a number"


@fault(
    "nested-date-is-not-checked",
    ORDERS,
    "A nested date-time is stored whatever it says; what is no RFC 3339 date-time should be refused.",
    rule="HTTP-12",
    family="numbers-and-dates",
)
class StoresAnythingForDates(_LenientIntake):
    """Keeps dates as texts."""

    _overlooked = "format"


@fault(
    "nested-enumeration-is-not-checked",
    ORDERS,
    "A value that no enumeration lists is stored below the first level; it should be refused.",
    rule="ENUM-01",
    family="schema",
)
class StoresUnlistedValues(_LenientIntake):
    """Checks enumerations where they are easy to reach."""

    _overlooked = "enum"


@fault(
    "number-for-a-list-fails",
    PRODUCTS,
    "A create with a number where the contract has an optional list is answered 500; it should be 400.",
    rule="ROB-02",
    family="robustness",
)
class FailsAtNumbers(Intake):
    """Goes through lists before it looks whether they are some."""

    def check(self, body: Any, raw: bytes) -> Body:
        """Go through the lists first."""
        if isinstance(body, dict):
            for name in self._created:
                if self._created[name].type == "array" and isinstance(body.get(name), int):
                    _ = list(body[name])
        return super().check(body, raw)


# ── patches and queries ─────────────────────────────────────────────────────────────────────────────────────


@fault(
    "patch-of-a-new-list-fails",
    PRODUCTS,
    "A PATCH that gives a list to a resource which had none is answered 500; it should be added.",
    rule="HTTP-08",
    family="patch",
)
class FailsAtNewLists(Amendment):
    """Compares each list with what was there."""

    def check(self, before: Body, after: Body) -> None:
        """Compare the lists, too."""
        super().check(before, after)
        for name, value in after.items():
            if isinstance(value, list) and value != before.get(name):
                _ = before[name]


@fault(
    "second-patch-is-lost",
    PRODUCTS,
    "The second PATCH of a resource is answered with the change, but GET shows the old; it should be kept.",
    rule="CONS-01",
    family="patch",
)
class LosesLaterPatches(Collection):
    """Keeps a copy of what was changed, and forgets to renew it."""

    _patched: ClassVar[set[str]] = set()

    async def change(self, identifier: str, update: Update, *, state_only: bool = False) -> Document:
        """Store the first change of a client's, and no other."""
        if state_only or identifier not in self._patched:
            if not state_only:
                self._patched.add(identifier)
            return await super().change(identifier, update, state_only=state_only)
        before = await self.get(identifier)
        return Document.of(update(before.body) or before.body)


@fault(
    "repeated-parameter-fails",
    PRODUCTS,
    "A query in which limit or offset stands twice is answered 500; it may be 400, or one of them counts.",
    rule="ROB-03",
    family="robustness",
)
class FailsAtRepeatedParameters(Exchange):
    """Takes for granted that each parameter stands there once."""

    @property
    def query_string(self) -> bytes:
        """The query, once it is clear that paging is asked for in one way."""
        query = super().query_string
        names = [name for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True)]
        if any(names.count(name) > 1 for name in ("limit", "offset")):
            raise RuntimeError("too many values to unpack")
        return query


def _objects(value: Any) -> Iterator[Body]:
    """Every object of a body, outer ones first."""
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(each)
