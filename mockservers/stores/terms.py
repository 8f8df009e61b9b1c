"""What the tables of a database store know of a document besides its bytes: terms, each a path and a value.

A value is written so that texts in the order of their code points are in the order of TMF630's comparison:
numbers, instants, then texts (see `matching`). What has no such form (a list, an object, a text of great
length) stands under `ODD`: whoever asks for anything at that path has to look into the document.
"""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from tmfrig.mockservers.matching import instant
from tmfrig.mockservers.store import Change

Term = tuple[str, str]
"""A dotted path and a value in its sortable form."""
Exchanged = tuple[set[Term], set[Term]]
"""Terms that go, and terms that come."""

BOOLEAN, NUMBER, INSTANT, TEXT, NULL = "0", "1", "2", "3", "4"
ODD = "9"
LONGEST_TEXT = 200
LONGEST_NAME = 100

_PLAIN = frozenset(
    {"state", "status", "lifecycleStatus", "name", "externalId", "category", "isBundle", "version", "type"}
    | {"priority", "order"}
)
"""Attributes of a resource that queries use, besides its dates."""
_ORDERS = frozenset({"productOrderId", "serviceOrderId"})
"""How inventories refer to the orders by which something was made."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MIDDLE = 1 << 62
_FALSE, _TRUE = BOOLEAN + "0", BOOLEAN + "1"
_MOST_NAMES = 1000
_MOST_BELOW = 100
_NUMBERS = (int, float)


def is_indexed(path: tuple[str, ...]) -> bool:
    """Whether all values at a path are among the terms of a document."""
    if not all(map(_is_ordinary, path)):
        return False
    match path:
        case (name,):
            return _is_plain(name)
        case (outer, "id"):
            return not outer.endswith("Item")
        case (_, inner):
            return inner in _ORDERS
        case (_, _, "id"):
            return True
    return False


def has_one_term(path: str) -> bool:
    """Whether a document has one term at most at a dotted path: what it refers to may be several."""
    return "." not in path


def terms_of(body: dict[str, Any]) -> set[Term]:
    """The terms of a document: states, names, dates and the ids of what it refers to, down to two levels.

    Every change of a document asks for them, so this visits each value once, makes as little as it can on the
    way, and takes parsed JSON for what it is: nothing else than dict and list holds anything.
    """
    terms: set[Term] = set()
    for name, value in body.items():
        kind = type(value)
        known = _names[name]
        if known.is_plain:
            terms.add((name, written_text(value) if kind is str else written(value)))
        if kind is dict:
            if known.is_ordinary:
                _add_references(terms, known, value)
        elif kind is list and known.is_ordinary:
            _add_all_references(terms, known, value)
    return terms


def exchanged_by(change: Change) -> Exchanged:
    """The terms that go with a change, and those that come."""
    old = terms_of(change.before.body) if change.before is not None else set()
    new = terms_of(change.after.body) if change.after is not None else set()
    return old - new, new - old


def _is_plain(name: str) -> bool:
    return name in _PLAIN or (name.endswith(("Date", "DateTime")) and _is_ordinary(name))


def _is_ordinary(name: str) -> bool:
    # no query can name an attribute with a dot, and its terms would look like those of another path; a name
    # without end fits into no index, and PostgreSQL has no NUL in its texts
    return len(name) <= LONGEST_NAME and "." not in name and "\0" not in name


class _Name:
    """What there is to know of the name of an attribute of resources."""

    __slots__ = ("below", "ids", "is_ordinary", "is_plain", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_plain = _is_plain(name)
        self.is_ordinary = _is_ordinary(name)
        self.ids = None if name.endswith("Item") else f"{name}.id"
        """Where the ids of what it refers to stand; items have ids that nobody asks for."""
        self.below = _Below(name)


class _Names(dict[str, _Name]):
    """The names that were met, as far as they are not too many or too long: clients may think of any."""

    def __missing__(self, name: str) -> _Name:
        known = _Name(name)
        if known.is_ordinary:
            if len(self) >= _MOST_NAMES:
                self.clear()
            self[name] = known
        return known


class _Below(dict[str, str | None]):
    """For the names below one the paths of ids below those; None where a query cannot name them."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __missing__(self, inner: str) -> str | None:
        if not _is_ordinary(inner):
            return None
        if len(self) >= _MOST_BELOW:
            self.clear()
        path = self[inner] = f"{self._name}.{inner}.id"
        return path


_names = _Names()


def _add_references(terms: set[Term], outer: _Name, value: dict[str, Any]) -> None:
    if outer.ids is not None and "id" in value:
        identifier = value["id"]
        terms.add((outer.ids, written_text(identifier) if type(identifier) is str else written(identifier)))
    for inner, below in value.items():
        kind = type(below)
        if kind is dict or kind is list:
            path = outer.below[inner]
            if path is not None:
                _add_ids(terms, path, below)
        if inner in _ORDERS:
            terms.add((f"{outer.name}.{inner}", written(below)))


def _add_all_references(terms: set[Term], outer: _Name, values: list[Any]) -> None:
    for each in values:
        kind = type(each)
        if kind is dict:
            _add_references(terms, outer, each)
        elif kind is list:
            _add_all_references(terms, outer, each)


def _add_ids(terms: set[Term], path: str, value: Any) -> None:
    if isinstance(value, dict):
        if "id" in value:
            terms.add((path, written(value["id"])))
    else:
        for each in value:
            if isinstance(each, (dict, list)):
                _add_ids(terms, path, each)


def written(value: Any) -> str:
    """A value of a document in its sortable form."""
    if isinstance(value, str):
        return written_text(value)
    if isinstance(value, bool):
        return _TRUE if value else _FALSE
    if isinstance(value, _NUMBERS):
        return written_number(value) or ODD
    return NULL if value is None else ODD


def written_text(text: str) -> str:
    """A text, or the instant that it tells."""
    # whatever tells one has hyphens here
    if len(text) > 9 and text[4] == "-" == text[7]:
        moment = _written_moment(text)
        if moment is not None:
            return moment
    return ODD if len(text) > LONGEST_TEXT or "\0" in text else TEXT + text


@lru_cache(maxsize=4096)
def _written_moment(text: str) -> str | None:
    moment = instant(text)
    return None if moment is None else written_instant(moment)


def written_instant(moment: datetime) -> str:
    """An instant by the microseconds since the epoch."""
    return f"{INSTANT}{(moment - _EPOCH) // _MICROSECOND + _MIDDLE:016x}"


def written_number(number: float) -> str | None:
    """A number by the bits of its double, which are turned so that they sort; None where it is none."""
    try:
        double = float(number)
    except OverflowError:
        return None
    if double != number:
        return None
    (bits,) = struct.unpack(">Q", struct.pack(">d", double + 0.0))
    turned = bits ^ 0xFFFFFFFFFFFFFFFF if bits >> 63 else bits | 1 << 63
    return f"{NUMBER}{turned:016x}"
