"""Faults of what version 5 brought: types that are named everywhere, and changes that are answered 202."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tmfrig.mockservers.amendment import Amendment
from tmfrig.mockservers.engine import ResourceHandlers
from tmfrig.mockservers.errors import ApiError
from tmfrig.mockservers.exchange import Exchange
from tmfrig.mockservers.faults.answers import Altered, Answer, altering
from tmfrig.mockservers.faults.creating import Lenient
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.intake import Intake
from tmfrig.mockservers.store import Body
from tmfrig.specs import Attribute, Kind, Problem

FAMILY = "schema"
LINE = 5
ORDERS, PRODUCTS, SERVICES = "TMF622", "TMF637", "TMF638"
SHOWN = (Kind.LIST, Kind.CREATE, Kind.RETRIEVE, Kind.PATCH)
TYPE = "@type"


@altering(
    "type-missing",
    SERVICES,
    "Resources have no @type, which version 5 makes mandatory.",
    rule="POLY-01",
    family=FAMILY,
    line=LINE,
    on=SHOWN,
)
def no_type(_exchange: Altered, answer: Answer) -> Answer:
    """Takes its representations over from version 4."""
    return answer.without(TYPE)


@altering(
    "type-missing-in-items",
    ORDERS,
    "The items of an order have no @type, which version 5 makes mandatory.",
    rule="POLY-01",
    family=FAMILY,
    line=LINE,
    on=SHOWN,
)
def no_type_in_lists(_exchange: Altered, answer: Answer) -> Answer:
    """Names the type of the resource itself alone."""
    return answer.with_each(lambda body: {name: _untyped(value) for name, value in body.items()})


def _untyped(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return [
        {name: inner for name, inner in each.items() if name != TYPE} if isinstance(each, dict) else each
        for each in value
    ]


@altering(
    "type-missing-in-references",
    PRODUCTS,
    "References have no @type, which version 5 makes mandatory.",
    rule="POLY-01",
    family=FAMILY,
    line=LINE,
    on=SHOWN,
)
def no_type_in_references(_exchange: Altered, answer: Answer) -> Answer:
    """Knows @referredType, and thinks that it is enough."""
    return answer.with_json(_without_types(answer.json, is_top=True))


def _without_types(value: Any, *, is_top: bool = False) -> Any:
    if isinstance(value, list):
        return [_without_types(each, is_top=is_top) for each in value]
    if not isinstance(value, dict):
        return value
    is_reference = not is_top and "id" in value and value.get(TYPE, "").endswith("Ref")
    kept = {name: each for name, each in value.items() if name != TYPE or not is_reference}
    return {name: _without_types(each) for name, each in kept.items()}


@fault(
    "type-changed-by-patch",
    PRODUCTS,
    "A PATCH changes @type; a resource should keep its type.",
    rule="POLY-04",
    family="patch",
    line=LINE,
)
class ChangesTypes(Amendment):
    """Takes @type for an attribute like any other."""

    def _check_immutable(self, before: Body, after: Body) -> None:
        """Look at everything but the type."""
        hints: Body = {name: value for name, value in before.items() if name.startswith("@")}
        super()._check_immutable(before, {**_without_hints(after), **hints})

    def _check_contract(self, before: Body, after: Body) -> None:
        """Look at it as if it were still of its type."""
        super()._check_contract(before, {**after, TYPE: before.get(TYPE)})


def _without_hints(body: Body) -> Body:
    return {name: value for name, value in body.items() if not name.startswith("@")}


@fault(
    "value-of-another-type-accepted",
    SERVICES,
    "A characteristic of a number type that holds a text is accepted; it should be refused.",
    rule="POLY-03",
    family="errors",
    line=LINE,
)
class TakesAnyValue(Lenient):
    """Does not look at what @type says of a value."""

    def forgives(self, problem: Problem) -> bool:
        """Forgives whatever the values of characteristics are."""
        return problem.path.endswith("].value")


@altering(
    "value-of-another-type-shown",
    SERVICES,
    "A characteristic of a text type holds a number; its value should be what @type says.",
    rule="POLY-03",
    family=FAMILY,
    line=LINE,
    on=SHOWN,
)
def values_lose_their_type(_exchange: Altered, answer: Answer) -> Answer:
    """Guesses the type of a value from its looks."""
    return answer.with_json(_guessed(answer.json))


def _guessed(value: Any) -> Any:
    if isinstance(value, list):
        return [_guessed(each) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get(TYPE) == "StringCharacteristic" and str(value.get("value", "")):
        return value | {"value": {"text": value["value"]}}
    return {name: _guessed(each) for name, each in value.items()}


@fault(
    "patch-without-type-is-a-server-error",
    PRODUCTS,
    "A PATCH without @type is answered 500; it should be carried out or refused.",
    rule="PATCH-06",
    family="patch",
    line=LINE,
)
class FailsForUntyped(ResourceHandlers):
    """Chooses a class by a type that is not there."""

    def merged(self, present: Body, patch: Body) -> Body:
        """What a merge patch makes of a resource, if it names a type."""
        if TYPE in present and TYPE not in patch:
            raise ApiError(500, "internalError", "the request could not be handled")
        return super().merged(present, patch)


@fault(
    "accepted-and-never-done",
    PRODUCTS,
    "A create is answered 202 and nothing comes of it; the resource should be there soon.",
    rule="HTTP-07",
    family="status-codes",
    line=LINE,
)
class AcceptsAndForgets(ResourceHandlers):
    """Puts requests into a queue that nobody reads."""

    async def create(self, exchange: Exchange) -> None:
        """POST: 202, and no more."""
        body = self._collection.intake.check(*await exchange.json_and_bytes())
        url = exchange.origin() + self._collection.path
        href: str = self._collection.intake.complete(body, url)["href"]
        await exchange.answer(202, b"", ((b"location", href.encode("latin-1")),))


@fault(
    "values-become-of-the-general-type",
    PRODUCTS,
    "A value that was created as one of a special type is kept as one of the general type.",
    rule="POLY-03",
    family=FAMILY,
    line=LINE,
)
class Generalises(Intake):
    """Maps every value to the base class."""

    def check(self, body: Any, raw: bytes) -> Body:
        """The body, in which nothing is special."""
        return _general(super().check(body, raw), self._resource.attributes)


def _general(body: Body, attributes: Mapping[str, Attribute]) -> Body:
    return {
        name: _generalised(value, attributes[name]) if name in attributes else value
        for name, value in body.items()
    }


def _generalised(value: Any, attribute: Attribute) -> Any:
    declared = attribute.items or attribute
    if isinstance(value, list):
        return [_generalised(each, declared) for each in value]
    if not isinstance(value, dict):
        return value
    inner = _general(value, declared.of_type(value).attributes)
    is_special = value.get(TYPE) in declared.subtypes and declared.type_name is not None
    return inner | {TYPE: declared.type_name} if is_special else inner
