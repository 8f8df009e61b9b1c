"""Coverage: which technology reaches which address, how fast, and what a service or an offering needs.

TMF645 answers from it whether a service is possible somewhere, TMF679 whether an offering can be sold there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

_CLOSED = ConfigDict(extra="forbid", coerce_numbers_to_str=True)
_Speed = Annotated[int, Field(ge=0)]

# How clients spell the parts of an address: TMF673 names first, common variants after them.
_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "street": ("streetName", "street"),
    "number": ("streetNr", "number", "houseNumber"),
    "postcode": ("postcode", "postCode", "postalCode"),
    "city": ("city", "locality"),
    "country": ("country", "countryCode"),
}


class Fit(StrEnum):
    """How far a need is met at an address."""

    FULL = "full"
    LIMITED = "limited"
    """The technology is there, but slower than needed."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Area:
    """An address, or a whole postcode or city where it names no street, and what reaches it."""

    id: str
    """The id of the geographic address, as places refer to it."""
    postcode: str
    city: str
    country: str
    reach: Mapping[str, _Speed]
    """Highest downstream speed in Mbit/s by technology: `{"fibre": 1000, "mobile": 300}`."""
    street: str | None = None
    number: str | None = None
    planned: Mapping[str, date] = field(default_factory=dict)
    """From when on a technology that is not there yet will be."""

    __pydantic_config__: ClassVar[ConfigDict] = _CLOSED

    @property
    def name(self) -> str:
        """The address in one line: "Bahnhofstrasse 12, 8001 Zürich, CH"."""
        street = " ".join(part for part in (self.street, self.number) if part)
        return ", ".join(part for part in (street, f"{self.postcode} {self.city}", self.country) if part)


@dataclass(frozen=True, slots=True)
class Need:
    """Any of these technologies, at this downstream speed in Mbit/s or faster."""

    technology: Annotated[tuple[str, ...], Field(min_length=1)]
    downstream: _Speed = 0

    __pydantic_config__: ClassVar[ConfigDict] = _CLOSED


@dataclass(frozen=True, slots=True)
class Requirement:
    """What must all be met where a service or an offering is wanted, and what to propose when it is not."""

    needs: tuple[Need, ...] = ()
    alternatives: tuple[str, ...] = ()
    """Ids of service specifications (of a service) or offerings (of an offering), the best one first."""

    __pydantic_config__: ClassVar[ConfigDict] = _CLOSED


@dataclass(frozen=True, slots=True)
class Reach:
    """The answer about one service or offering at one address."""

    fit: Fit
    reason: str
    """Why it does not fit, as a sentence for people; empty where it does."""
    downstream: int | None = None
    """The speed that is possible in Mbit/s; None where speed does not matter or nothing is there."""
    available_from: str | None = None
    """RFC 3339 date-time from which on it is planned to be possible."""
    alternatives: tuple[str, ...] = ()
    """Those of the requirement's alternatives that are possible in full at this address."""


@dataclass(frozen=True)
class Coverage:
    """All areas and requirements of a data set."""

    areas: tuple[Area, ...] = ()
    services: Mapping[str, Requirement] = field(default_factory=dict)
    """By id of the service specification; one that is not named here is possible everywhere."""
    offerings: Mapping[str, Requirement] = field(default_factory=dict)
    """By id of the product offering, a bundle with all that its parts need; one that is not named here can be
    sold everywhere."""

    def find(self, place: Mapping[str, Any]) -> Area | None:
        """The area of a place as a request carries it, None when it is not ours.

        A place is known by its `id`, else by its `name` (the address in one line), else by the parts of its
        address, whatever their case and accents; the most precise area wins.
        """
        if isinstance(nested := place.get("place"), Mapping):
            place = {**nested, **place}
        if (area := self._by_id.get(str(place.get("id")))) is not None:
            return area
        if (area := self._by_name.get(_plain(place.get("name")))) is not None:
            return area
        return max(self._matches(place), key=lambda each: each[0], default=(0, None))[1]

    def judge_service(self, specification: str, area: Area | None, downstream: int | None = None) -> Reach:
        """Whether a service is possible in an area (None: an address that we do not know).

        `downstream` is the speed in Mbit/s that the client asks for, where it asks for one.
        """
        return _judge(self.services, specification, area, downstream)

    def judge_offering(self, offering: str, area: Area | None) -> Reach:
        """Whether an offering can be sold in an area (None: an address that we do not know)."""
        return _judge(self.offerings, offering, area, None)

    @cached_property
    def _by_id(self) -> Mapping[str, Area]:
        return {area.id: area for area in self.areas}

    @cached_property
    def _by_name(self) -> Mapping[str, Area]:
        return {_plain(area.name): area for area in self.areas}

    def _matches(self, place: Mapping[str, Any]) -> Iterator[tuple[int, Area]]:
        said = {
            part: next((_plain(place[name]) for name in names if place.get(name)), None)
            for part, names in _SPELLINGS.items()
        }
        for area in self.areas:
            ours = {part: _plain(value) for part in _SPELLINGS if (value := getattr(area, part))}
            agreed = [part for part, value in ours.items() if said[part] == value]
            contradicted = any(said[part] not in (None, value) for part, value in ours.items())
            # a house is only meant by who names it: a bare postcode says nothing about one street
            precise = all(part in agreed for part in ("street", "number") if part in ours)
            if not contradicted and precise and {"postcode", "city"} & set(agreed):
                yield len(agreed), area


def _judge(known: Mapping[str, Requirement], name: str, area: Area | None, asked: int | None) -> Reach:
    requirement = known.get(name, Requirement())
    if not requirement.needs:
        return Reach(Fit.FULL, "")
    if area is None:
        return Reach(Fit.NONE, "The address is not known to the coverage data.")
    parts = [_meet(need, area, asked) for need in requirement.needs]
    worst = max(parts, key=lambda part: list(Fit).index(part.fit))
    if worst.fit is Fit.FULL:
        return Reach(Fit.FULL, "", _slowest(parts))
    return Reach(
        worst.fit,
        worst.reason,
        _slowest(parts) if worst.fit is Fit.LIMITED else None,
        worst.available_from,
        tuple(
            each
            for each in requirement.alternatives
            if all(_meet(need, area, None).fit is Fit.FULL for need in known.get(each, Requirement()).needs)
        ),
    )


def _meet(need: Need, area: Area, asked: int | None) -> Reach:
    wanted = need.downstream if asked is None else asked
    best = max((area.reach.get(technology, 0) for technology in need.technology), default=0)
    if best and best >= wanted:
        return Reach(Fit.FULL, "", best if wanted else None)
    planned = min((area.planned[each] for each in need.technology if each in area.planned), default=None)
    start = f"{planned.isoformat()}T00:00:00Z" if planned else None
    if best:
        reason = f"{best} Mbit/s is the most that is possible at {area.name}; {wanted} Mbit/s is needed."
        return Reach(Fit.LIMITED, reason, best, start)
    return Reach(Fit.NONE, f"No {' or '.join(need.technology)} at {area.name}.", None, start)


def _slowest(parts: Sequence[Reach]) -> int | None:
    return min((part.downstream for part in parts if part.downstream is not None), default=None)


def _plain(text: Any) -> str:
    decomposed = unicodedata.normalize("NFKD", str(text).casefold())
    return re.sub(
        r"[\W_]+", " ", "".join(each for each in decomposed if not unicodedata.combining(each))
    ).strip()
