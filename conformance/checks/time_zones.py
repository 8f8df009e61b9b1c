"""Time zones: a moment stays the same moment, whatever zone and precision it is written in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import MUST, SHOULD, Suite, check
from tmfrig.conformance.checks.grafts import Graft, graft
from tmfrig.conformance.checks.places import Place, at, instant, named
from tmfrig.conformance.checks.round_trips import Trip, told, travelled, unaltered
from tmfrig.specs import Attribute, Kind, Resource

_MOST = 5
"""Attributes with a date that are tried together."""
INDIA: Final = timezone(timedelta(hours=5, minutes=30))
CALIFORNIA: Final = timezone(-timedelta(hours=8))
_SECOND = timedelta(seconds=1)
_MILLISECOND = timedelta(milliseconds=1)


@check(
    "time.instant",
    MUST,
    "A moment that is sent with an offset, or with a part of a second, comes back as the same moment.",
    source="RFC 3339; the API's OpenAPI document, format date-time; rules ROB-07, DATE-01",
    on=Kind.CREATE,
)
def moments_come_back(api: Api, resource: Resource) -> str | None:
    dates = _dates(api, resource)
    writings: dict[str, Callable[[datetime], str]] = {
        "an offset of +05:30": lambda moment: moment.astimezone(INDIA).isoformat(),
        "an offset of -08:00": lambda moment: moment.astimezone(CALIFORNIA).isoformat(),
        "an offset of +00:00": lambda moment: moment.isoformat(),
        "milliseconds": lambda moment: _written(moment, "milliseconds"),
        "microseconds": lambda moment: _written(moment, "microseconds"),
    }
    # Who keeps whole seconds may cut or round the rest.
    trips = [_round(api, resource, dates, what, writing, _SECOND) for what, writing in writings.items()]
    return told(trips)


@check(
    "time.milliseconds",
    SHOULD,
    "The milliseconds of a moment are kept.",
    source="RFC 3339; the API's OpenAPI document, format date-time; rule ROB-07",
    on=Kind.CREATE,
    suite=Suite.full,
)
def milliseconds_are_kept(api: Api, resource: Resource) -> str | None:
    def in_milliseconds(moment: datetime) -> str:
        return _written(moment, "milliseconds")

    trip = _round(api, resource, _dates(api, resource), "milliseconds", in_milliseconds, _MILLISECOND)
    return told([trip])


def _written(moment: datetime, precision: str) -> str:
    exact = moment.replace(microsecond=123456)
    return exact.isoformat(timespec=precision).replace("+00:00", "Z")


def _dates(api: Api, resource: Resource) -> Graft:
    """A body with the dates that the target keeps as they are; some of them it sets itself, by right."""
    chosen: list[str] = []

    def is_another(place: Place, attribute: Attribute) -> bool:
        is_new = attribute.format == "date-time" and named(place) not in chosen
        if is_new:
            chosen.append(named(place))
        return is_new

    return graft(api, resource, (is_another,) * _MOST, _is_same_moment)


def _is_same_moment(value: Any, sent: Any, within: timedelta = _MILLISECOND) -> bool:
    kept, moment = instant(value), instant(sent)
    return kept is not None and moment is not None and abs(kept - moment) < within


def _round(
    api: Api,
    resource: Resource,
    dates: Graft,
    what: str,
    writing: Callable[[datetime], str],
    within: timedelta,
) -> Trip:
    def value(place: Place, _attribute: Attribute) -> str:
        moment = instant(at(dates.body, place))
        assert moment is not None
        return writing(moment)

    body = dates.with_values(value)
    label = f"POST {resource.path} with {what} in {', '.join(map(named, dates.places))}"
    trip = travelled(api, resource, body, label)
    for place in dates.places:
        sent = at(body, place)

        def is_same(kept: Any, sent: Any = sent) -> bool:
            return _is_same_moment(kept, sent, within)

        unaltered(trip, place, sent, is_same, "it is another moment")
    return trip
