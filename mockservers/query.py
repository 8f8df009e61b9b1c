"""Query strings of TMF630: selection, filters, order and page, parsed into plain data.

Grammar (TMF630 part 1, filtering): `a=x`, `a.gt=x` and the encoded literals `a%3Ex`; `a.b=x` reaches into
sub-resources and arrays; `&` is AND; OR is `a=x,y`, `a=x&a=y` or `a=x;b=y`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import unquote_to_bytes

import orjson

from tmfrig.mockservers.errors import ApiError, invalid_query
from tmfrig.mockservers.jsonpath import Expression, JsonPathError, expression
from tmfrig.mockservers.patterns import MOST_PATTERNS, Pattern, compiled, too_many

MOST_CONDITIONS = 100
MOST_FILTERS = 5
MOST_DIGITS = 15


class Operator(StrEnum):
    """How a value is compared."""

    EQ = "eq"
    NE = "ne"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    REGEX = "regex"


_LITERALS = {
    ">=": Operator.GTE,
    "<=": Operator.LTE,
    "==": Operator.EQ,
    "!=": Operator.NE,
    "=~": Operator.REGEX,  # the guideline writes =~ in one place and *= in another (rule FILT-05)
    "*=": Operator.REGEX,
    ">": Operator.GT,
    "<": Operator.LT,
    "=": Operator.EQ,
}
_RAW_LITERAL = re.compile(
    r"(?:%3E|%3C|[><])(?:=|%3D)?|(?:%21|%2A|[!*])(?:=|%3D)|%3D(?:=|%3D|~|%7E)?|==|=~|=", re.IGNORECASE
)
_LITERAL_WORDS = frozenset({"true", "false", "null", "nan", "inf", "infinity"})
_ENCODED_COMMA = re.compile("%2C", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Predicate:
    """One comparison; several values are alternatives."""

    path: tuple[str, ...]
    operator: Operator
    values: tuple[str, ...]
    pattern: Pattern | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """Predicates of which at least one must hold."""

    alternatives: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class SortKey:
    """One attribute to order by."""

    path: tuple[str, ...]
    descending: bool


@dataclass(frozen=True, slots=True)
class Query:
    """What a request asks of a collection: all conditions and filters must hold.

    `limit` is None where none is asked.
    """

    fields: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    filters: tuple[Expression, ...] = ()
    """JSONPath expressions, written for the whole collection."""
    sort: tuple[SortKey, ...] = ()
    offset: int = 0
    limit: int | None = None

    @property
    def only_ids(self) -> tuple[str, ...] | None:
        """The ids of which a matching resource has one, where the query names some: stores look them up."""
        for condition in self.conditions:
            if all(each.path == ("id",) and each.operator is Operator.EQ for each in condition.alternatives):
                return tuple(dict.fromkeys(value for each in condition.alternatives for value in each.values))
        return None

    @property
    def needles(self) -> tuple[tuple[bytes, ...], ...]:
        """Bytes of which each group must contribute one to the JSON of every matching resource.

        A text that is asked for by equality stands in the JSON just as it is written, quotes included: most
        resources can be ruled out without being parsed. Dates and numbers have several spellings.
        """
        groups = (tuple(map(_needle, condition.alternatives)) for condition in self.conditions)
        return tuple(
            tuple(each for needles in group if needles for each in needles) for group in groups if all(group)
        )


EVERYTHING = Query()


def parse_query(raw: bytes, *, jsonpath: bool = True) -> Query:
    """The query of a request, from its bytes as they were sent; ApiError (400) where it is senseless.

    Without `jsonpath` a `filter` is refused with 501 (rule FILT-08).
    """
    if not raw:
        return EVERYTHING
    fields: list[str] = []
    sort: list[SortKey] = []
    conditions: list[tuple[Predicate, ...]] = []
    filters: list[Expression] = []
    offset, limit = 0, None
    for part in raw.decode("utf-8", "replace").split("&"):
        name, _, value = part.partition("=")
        match _text(name):
            case "":
                continue
            case "fields":
                fields += _names(value)
            case "sort":
                sort += [_sort_key(each) for each in re.split("[,;]", _text(value)) if each.strip(" +-")]
            case "offset":
                offset = _count("offset", value)
            case "limit":
                limit = _count("limit", value)
            case "filter" if not jsonpath:
                raise ApiError(
                    501, "notImplemented", "filtering by JSONPath is not offered", "use attr=value"
                )
            case "filter":
                filters.append(_filter(_text(value)))
                _check_patterns(conditions, filters)
            case _:
                conditions.append(_alternatives(part))
    if len(conditions) > MOST_CONDITIONS or len(filters) > MOST_FILTERS:
        raise invalid_query(f"more than {MOST_CONDITIONS} conditions or {MOST_FILTERS} filters")
    _check_patterns(conditions, filters)
    usable = [tuple(map(_compiled, each)) for each in conditions]
    return Query(tuple(fields), _merged(usable), tuple(filters), tuple(sort), offset, limit)


def _check_patterns(conditions: list[tuple[Predicate, ...]], filters: list[Expression]) -> None:
    searched = sum(each.operator is Operator.REGEX for one in conditions for each in one)
    if searched + sum(each.patterns for each in filters) > MOST_PATTERNS:
        raise too_many()


def _compiled(predicate: Predicate) -> Predicate:
    if predicate.operator is not Operator.REGEX:
        return predicate
    return replace(predicate, pattern=compiled(predicate.values[0]))


def _filter(text: str) -> Expression:
    try:
        found = expression(text)
    except JsonPathError as error:
        raise invalid_query(f"filter={text[:100]}: {error}; an & within it is sent as %26") from None
    if not found.begins_with_filter:
        raise invalid_query(f"filter={text[:100]}: it should choose resources, as $[?(@.state=='held')] does")
    return found


def parse_fields(raw: bytes) -> tuple[str, ...]:
    """The attributes that a request selects; every other parameter is ignored."""
    parts = (part.partition("=") for part in raw.decode("utf-8", "replace").split("&"))
    return tuple(each for name, _, value in parts if _text(name) == "fields" for each in _names(value))


def _needle(predicate: Predicate) -> tuple[bytes, ...]:
    if predicate.operator is not Operator.EQ or not all(map(_only_a_text, predicate.values)):
        return ()
    return tuple(map(orjson.dumps, predicate.values))


def _only_a_text(value: str) -> bool:
    # whatever could also be read as a number, a date, a literal or JSON has more than one spelling
    return value[:1].isalpha() and value.lower() not in _LITERAL_WORDS


def _names(value: str) -> list[str]:
    return [each.strip() for each in _text(value).split(",") if each.strip()]


def _alternatives(part: str) -> tuple[Predicate, ...]:
    pieces: list[str] = []
    for piece in part.split(";"):
        if pieces and not _RAW_LITERAL.search(piece):
            pieces[-1] += ";" + piece  # a semicolon inside a value
        else:
            pieces.append(piece)
    return tuple(_predicate(each) for each in pieces if each)


def _predicate(piece: str) -> Predicate:
    found = _RAW_LITERAL.search(piece)
    if found is None:
        return Predicate(_path(_text(piece)), Operator.EQ, ("",))
    name, value = _text(piece[: found.start()]), piece[found.end() :]
    operator = _LITERALS[_text(found[0])]
    if operator is Operator.EQ:
        stem, _, suffix = name.rpartition(".")
        if stem and suffix in set(Operator):
            name, operator = stem, Operator(suffix)
    if operator is Operator.REGEX:
        return Predicate(_path(name), operator, (_text(value),))
    return Predicate(_path(name), operator, _values(value))


def _values(raw: str) -> tuple[str, ...]:
    """The alternatives of a value.

    Clients disagree whether a comma and a plus are data when they are encoded: libraries that encode whole
    parameters send `a%2Cb` for "a or b", and `+` stands for a blank or for itself (in a date's offset). A
    value therefore matches by its parts and as a whole, a plus in both readings.
    """
    parts = raw.split(",") if "," in raw else _ENCODED_COMMA.split(raw)
    readings = [raw, *parts] if len(parts) > 1 else parts
    values = [_text(each) for each in readings]
    values += [_text(each.replace("+", "%2B")) for each in readings if "+" in each]
    return tuple(dict.fromkeys(values))


def _merged(conditions: list[tuple[Predicate, ...]]) -> tuple[Condition, ...]:
    """AND of the parts, but equalities of one attribute are alternatives: `state=a&state=b`."""
    merged: dict[object, tuple[Predicate, ...]] = {}
    for index, alternatives in enumerate(conditions):
        first = alternatives[0] if len(alternatives) == 1 else None
        key = first.path if first is not None and first.operator is Operator.EQ else index
        merged[key] = merged.get(key, ()) + alternatives
    return tuple(Condition(each) for each in merged.values() if each)


def _sort_key(text: str) -> SortKey:
    # an unencoded plus arrives as a blank (rule SORT-01)
    stripped = text.strip()
    return SortKey(_path(stripped.lstrip("+- ")), stripped.startswith("-"))


def _path(name: str) -> tuple[str, ...]:
    return tuple(name.strip().split("."))


def _count(name: str, raw: str) -> int:
    text = _text(raw).strip()
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise invalid_query(f"{name} must be a whole number of 0 or more, not {text[:60]!r}")
    return int(text)


def _text(raw: str) -> str:
    return unquote_to_bytes(raw.replace("+", " ")).decode("utf-8", "replace")
