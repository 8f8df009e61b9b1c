"""Numbers: they come back as numbers, as exact as every JSON reader can have them.

That is what a double holds: integers up to 2^53 - 1, and 15 decimal digits (RFC 8259, section 6).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import MUST, SHOULD, check
from tmfrig.conformance.checks.grafts import Graft, graft
from tmfrig.conformance.checks.places import Place, named
from tmfrig.conformance.checks.round_trips import Trip, told, travelled, unaltered
from tmfrig.conformance.expect import same_json
from tmfrig.specs import Attribute, Kind, Resource

_LARGEST: Final = 2**53 - 1
_ROUNDS: Final[tuple[Mapping[str, Any], ...]] = (
    {"integer": 7, "number": 0.1, "percentage": 0.1},
    {"integer": 70_001, "number": 19.99, "percentage": 19.99},
    {"integer": 2_147_483_647, "number": 1_234_567.89, "percentage": 7.25},
    {"integer": _LARGEST, "number": 16_777_217, "percentage": 33},
)
_FINE: Final[tuple[Mapping[str, Any], ...]] = (
    {"integer": 0, "number": 1.005, "percentage": 1.005},
    {"integer": 1, "number": 0.0000001, "percentage": 0.0000001},
)
_PERCENTAGES = frozenset({"percentage", "taxRate"})
# They have to fit each other, or the business carries them out: nobody should build 2^53 - 1 lines.
_INTERPRETED = ("cardinality", "valuefrom", "valueto", "numberreloffer", "quantity", "priority", "seq")


def _is_integer(place: Place, attribute: Attribute) -> bool:
    return attribute.type == "integer" and not str(place[-1]).lower().endswith(_INTERPRETED)


def _is_number(place: Place, attribute: Attribute) -> bool:
    return attribute.type == "number" and place[-1] not in _PERCENTAGES and _is_free(place)


def _is_percentage(place: Place, attribute: Attribute) -> bool:
    return attribute.type == "number" and place[-1] in _PERCENTAGES


def _is_free(place: Place) -> bool:
    return not str(place[-1]).lower().startswith(_INTERPRETED)


@check(
    "number.precision",
    MUST,
    "Numbers that every JSON reader can have come back as the same numbers.",
    source="RFC 8259, 6, numbers; the API's OpenAPI document, types; rule ROB-06",
    on=Kind.CREATE,
)
def numbers_come_back(api: Api, resource: Resource) -> str | None:
    place_of_each = _numbers(api, resource)
    return told([_round(api, resource, place_of_each, values) for values in _ROUNDS])


@check(
    "number.fine",
    SHOULD,
    "Small numbers and many decimals are not rounded without a word, and integers have no decimals.",
    source="RFC 8259, 6, numbers; rule ROB-06",
    on=Kind.CREATE,
)
def fine_numbers_come_back(api: Api, resource: Resource) -> str | None:
    found = _numbers(api, resource)
    trips = []
    for values in _FINE:
        trips.append(_round(api, resource, found, values))
        for place, attribute in found.places.items():
            if attribute.type == "integer":
                sent = values["integer"]
                unaltered(trips[-1], place, sent, _is_written_as_integer, "an integer has no decimals")
    return told(trips)


def _numbers(api: Api, resource: Resource) -> Graft:
    return graft(api, resource, (_is_integer, _is_number, _is_percentage), _is_as_sent)


def _is_as_sent(value: Any, sent: Any) -> bool:
    """Whether a target keeps what the client says there, be it as a text."""
    return same_json(value, sent) or (isinstance(value, str) and value.strip() in (str(sent), f"{sent:g}"))


def _round(api: Api, resource: Resource, found: Graft, values: Mapping[str, Any]) -> Trip:
    def value(place: Place, attribute: Attribute) -> Any:
        return values["percentage" if place[-1] in _PERCENTAGES else attribute.type]

    said = ", ".join(f"{named(place)} {value(place, each)}" for place, each in found.places.items())
    trip = travelled(api, resource, found.with_values(value), f"POST {resource.path} with {said}")
    for place, attribute in found.places.items():
        sent = value(place, attribute)

        def is_same(kept: Any, sent: Any = sent) -> bool:
            return same_json(kept, sent)

        unaltered(trip, place, sent, is_same, "a number is kept exactly")
    return trip


def _is_written_as_integer(value: Any) -> bool:
    return isinstance(value, int)
