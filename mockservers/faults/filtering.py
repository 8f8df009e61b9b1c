"""Faults of queries beyond equality: alternatives, operators, paths, encoding, keys, edges of pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial

from tmfrig.mockservers.errors import invalid_query
from tmfrig.mockservers.exchange import Exchange
from tmfrig.mockservers.faults.answers import Altered, Answer, altering
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.faults.listing import Matching, Misunderstanding
from tmfrig.mockservers.matching import matches, values_at
from tmfrig.mockservers.paging import DEFAULT_LIMIT
from tmfrig.mockservers.patterns import compiled
from tmfrig.mockservers.query import Condition, Operator, Predicate, Query
from tmfrig.mockservers.store import Body, Document
from tmfrig.specs import Kind

FILTERING, SORTING, PAGING = "filtering", "sorting", "paging"
CATALOG, ORDERS, PRODUCTS, SERVICES = "TMF620", "TMF622", "TMF637", "TMF638"
_RANGES = frozenset({Operator.GT, Operator.GTE, Operator.LT, Operator.LTE})
_LARGEST = 2**31 - 1


class _Sifting(Matching):
    """Leaves out, of what has the values, what it thinks is not meant."""

    def has(self, body: Body, predicate: Predicate) -> bool:
        """Whether it thinks that a resource, which has the value, has it."""
        raise NotImplementedError

    def is_meant(self, document: Document, query: Query) -> bool:
        """Whether it is right, and meant as well."""
        return matches(document.body, query.conditions) and all(
            any(self.has(document.body, each) for each in one.alternatives) for one in query.conditions
        )


class _Misreading(Exchange):
    """Reads another query than was sent."""

    def misread(self, query: bytes) -> bytes:
        """The query as it reads it."""
        raise NotImplementedError

    @property
    def query_string(self) -> bytes:
        """The query as it was read."""
        return self.misread(super().query_string)


def _each_predicate(query: Query, change: Callable[[Predicate], Predicate]) -> Query:
    conditions = tuple(Condition(tuple(map(change, each.alternatives))) for each in query.conditions)
    return replace(query, conditions=conditions)


# ── alternatives ────────────────────────────────────────────────────────────────────────────────────────────


@fault(
    "comma-is-part-of-the-value",
    PRODUCTS,
    "A filter a=x,y finds what has the text x,y; it should find what has x or y.",
    rule="FILT-03",
    family=FILTERING,
)
class TakesCommasLiterally(Misunderstanding):
    """Compares the parameter as it comes."""

    def understood(self, query: Query) -> Query:
        """Without the parts of lists."""
        return _each_predicate(
            query, lambda each: replace(each, values=each.values[:1]) if "," in each.values[0] else each
        )


@fault(
    "repeated-filter-counts-once",
    CATALOG,
    "Of a filter that is given twice the last one counts; the two are alternatives.",
    rule="FILT-03",
    family=FILTERING,
)
class CountsTheLast(Misunderstanding):
    """Keeps its parameters in a map."""

    def understood(self, query: Query) -> Query:
        """With one alternative of each."""
        last = tuple(Condition(each.alternatives[-1:]) for each in query.conditions)
        return replace(query, conditions=last)


@fault(
    "semicolon-ends-the-query",
    ORDERS,
    "A filter a=x;a=y finds x alone; the two are alternatives.",
    rule="FILT-03",
    family=FILTERING,
)
class EndsAtSemicolons(_Misreading):
    """Has its gateway cut what looks like an attack."""

    def misread(self, query: bytes) -> bytes:
        """What stands before semicolons."""
        return re.sub(rb";[^&]*", b"", query)


# ── operators and paths ─────────────────────────────────────────────────────────────────────────────────────


@fault(
    "greater-includes-the-value",
    PRODUCTS,
    "A filter a.gt=x finds what has x as well; that is what .gte is for.",
    rule="FILT-04",
    family=FILTERING,
)
class IncludesTheValue(Misunderstanding):
    """Has one word for both."""

    def understood(self, query: Query) -> Query:
        """With .gte for .gt."""
        return _each_predicate(
            query, lambda each: replace(each, operator=Operator.GTE) if each.operator is Operator.GT else each
        )


@fault(
    "less-is-greater",
    CATALOG,
    "A filter with %3C%3D finds what is greater; it should find what is less or equal.",
    rule="FILT-05",
    family=FILTERING,
)
class TurnsSignsAround(_Misreading):
    """Has mixed up two signs."""

    def misread(self, query: bytes) -> bytes:
        """With the other sign."""
        return re.sub(rb"%3C%3D", b"%3E%3D", query, flags=re.IGNORECASE)


@fault(
    "ranges-compare-dates-as-texts",
    ORDERS,
    "Ranges compare dates letter by letter, so that another zone is another day; moments should be compared.",
    rule="FILT-04",
    family=FILTERING,
)
class ComparesTexts(Matching):
    """Keeps dates as texts, and compares them so."""

    def is_meant(self, document: Document, query: Query) -> bool:
        """Whether all conditions hold, ranges among texts."""
        return all(any(_holds(document.body, each) for each in one.alternatives) for one in query.conditions)


def _holds(body: Body, predicate: Predicate) -> bool:
    if predicate.operator not in _RANGES:
        return matches(body, [Condition((predicate,))])
    value, is_greater = predicate.values[-1], predicate.operator in (Operator.GT, Operator.GTE)
    found = [each for each in values_at(body, predicate.path) if isinstance(each, str)]
    return any(each > value if is_greater else each < value for each in found)


@fault(
    "dotted-filter-sees-the-first-element",
    SERVICES,
    "A filter by an attribute inside a list looks at its first element; any of them may have the value.",
    rule="FILT-06",
    family=FILTERING,
)
class SeesTheFirst(_Sifting):
    """Has an index of first elements."""

    def has(self, body: Body, predicate: Predicate) -> bool:
        """Whether the first of a list has the value."""
        inside = body.get(predicate.path[0])
        if len(predicate.path) == 1 or not isinstance(inside, list):
            return True
        return any(each in predicate.values for each in values_at(inside[:1], predicate.path[1:]))


# ── values, and what goes with them ─────────────────────────────────────────────────────────────────────────


@fault(
    "filter-by-truth-finds-nothing",
    CATALOG,
    "A filter by true or false finds nothing; it should find what is so.",
    rule="FILT-01",
    family=FILTERING,
)
class FindsNoTruths(_Sifting):
    """Compares the word with the truth."""

    def has(self, body: Body, predicate: Predicate) -> bool:
        """Whether it is anything else."""
        return not any(isinstance(each, bool) for each in values_at(body, predicate.path))


@fault(
    "filter-by-number-finds-nothing",
    CATALOG,
    "A filter by a number finds nothing; it should find what has that number.",
    rule="FILT-01",
    family=FILTERING,
)
class FindsNoNumbers(_Sifting):
    """Compares the text with the number."""

    def has(self, body: Body, predicate: Predicate) -> bool:
        """Whether it is anything else."""
        found = values_at(body, predicate.path)
        return not any(isinstance(each, int | float) and not isinstance(each, bool) for each in found)


@fault(
    "star-in-a-filter-stands-for-anything",
    PRODUCTS,
    "A star in the value of a filter stands for any text; it should stand for itself.",
    rule="FILT-01",
    family=FILTERING,
)
class KnowsWildcards(Matching):
    """Looks for patterns where values are asked for."""

    def is_meant(self, document: Document, query: Query) -> bool:
        """Whether all values are as asked for, or match as a pattern."""
        return all(
            matches(document.body, [condition])
            or any(map(partial(_is_like, document.body), condition.alternatives))
            for condition in query.conditions
        )


def _is_like(body: Body, predicate: Predicate) -> bool:
    texts = [each for each in values_at(body, predicate.path) if isinstance(each, str)]
    return any("*" in value and fnmatchcase(text, value) for text in texts for value in predicate.values)


@fault(
    "filter-by-date-compares-days",
    ORDERS,
    "A filter by a moment finds whatever is of the same day; it should find that moment.",
    rule="FILT-01",
    family=FILTERING,
)
class ComparesDays(Misunderstanding):
    """Casts what it compares to a date."""

    def understood(self, query: Query) -> Query:
        """With a pattern for the day."""
        return _each_predicate(query, _of_the_day)


def _of_the_day(predicate: Predicate) -> Predicate:
    value = predicate.values[0]
    if predicate.operator is not Operator.EQ or not re.match(r"\d{4}-\d\d-\d\dT", value):
        return predicate
    return Predicate(predicate.path, Operator.REGEX, (value[:10],), compiled(value[:10]))


@fault(
    "encoded-ampersand-ends-a-value",
    PRODUCTS,
    "An encoded ampersand in a filter ends the value; it should be part of it.",
    rule="FILT-01",
    family=FILTERING,
)
class DecodesTooEarly(_Misreading):
    """Decodes the query before it takes it apart."""

    def misread(self, query: bytes) -> bytes:
        """With separators that were none."""
        return query.replace(b"%26", b"&")


@fault(
    "filter-needs-its-attribute-selected",
    ORDERS,
    "A filter finds nothing where fields leaves its attribute out; what is filtered by need not be shown.",
    rule="FILT-07",
    family=FILTERING,
)
class FiltersWhatIsShown(Misunderstanding):
    """Filters what it is about to send."""

    def understood(self, query: Query) -> Query:
        """With a condition that nothing meets, for an attribute that is not shown."""
        shown = {"id", "href", *query.fields}
        if not query.fields or all(
            each.path[0] in shown for one in query.conditions for each in one.alternatives
        ):
            return query
        return replace(query, conditions=(Condition((Predicate(("id",), Operator.EQ, ("",)),)),))


@fault(
    "jsonpath-or-is-and",
    CATALOG,
    "|| in a JSONPath filter means and; it should mean or.",
    rule="FILT-08",
    family=FILTERING,
)
class TakesOrForAnd(_Misreading):
    """Has written one operator twice."""

    def misread(self, query: bytes) -> bytes:
        """With && for ||."""
        return re.sub(rb"%7C%7C", b"%26%26", query, flags=re.IGNORECASE)


@altering(
    "unknown-name-in-fields-selects-nothing",
    PRODUCTS,
    "A name in fields that no attribute has leaves id and href alone; the other names should be heard.",
    rule="FIELDS-01",
    family="field-selection",
    on=(Kind.RETRIEVE, Kind.LIST),
)
def unknown_names_spoil_all(exchange: Altered, answer: Answer) -> Answer:
    """Gives up at the first name that it cannot find."""
    asked = (exchange.asked("fields") or "id").split(",")
    known = exchange.resource.attributes if exchange.resource else {}
    if all(each.partition(".")[0] in known or each == "none" for each in asked):
        return answer
    return answer.with_each(lambda body: {key: body[key] for key in ("id", "href") if key in body})


# ── order and pages ─────────────────────────────────────────────────────────────────────────────────────────


@fault(
    "sort-by-the-first-alone",
    CATALOG,
    "Of several attributes in sort the first alone counts; what is equal in it should be sorted by the next.",
    rule="SORT-01",
    family=SORTING,
)
class SortsByTheFirst(Misunderstanding):
    """Has an order by one column."""

    def understood(self, query: Query) -> Query:
        """With one key."""
        return replace(query, sort=query.sort[:1])


@fault(
    "sort-by-the-last-first",
    SERVICES,
    "Of several attributes in sort the last one counts most; the first one should.",
    rule="SORT-01",
    family=SORTING,
)
class SortsByTheLast(Misunderstanding):
    """Applies one key after the other."""

    def understood(self, query: Query) -> Query:
        """With keys the other way round."""
        return replace(query, sort=query.sort[::-1])


@fault(
    "plus-in-sort-refused",
    PRODUCTS,
    "sort=+name is refused, as its plus reads as a blank; it should sort upwards.",
    rule="SORT-01",
    family=SORTING,
)
class RefusesThePlus(_Misreading):
    """Looks for an attribute whose name begins with a blank."""

    def misread(self, query: bytes) -> bytes:
        """The query; ApiError (400) for a blank before a name."""
        if re.search(rb"(?:^|&)sort=(?:\+|%20)", query):
            raise invalid_query("sort: there is no attribute ' name'")
        return query


@fault(
    "later-pages-are-not-sorted",
    ORDERS,
    "Pages after the first one are taken from a list that is not sorted; sort should hold for all of them.",
    rule="SORT-01",
    family=SORTING,
)
class ForgetsToSort(Misunderstanding):
    """Has a query of its own for further pages."""

    def understood(self, query: Query) -> Query:
        """Without order, behind the start."""
        return replace(query, sort=()) if query.offset else query


@fault(
    "offset-needs-a-limit",
    CATALOG,
    "offset is heard only beside a limit; it should skip by itself as well.",
    rule="PAGE-02",
    family=PAGING,
)
class NeedsALimit(Misunderstanding):
    """Pages only where it is told how large they are."""

    def understood(self, query: Query) -> Query:
        """From the start, where no limit is asked for."""
        return replace(query, offset=0) if query.limit == DEFAULT_LIMIT else query


@fault(
    "huge-limit-is-a-server-error",
    SERVICES,
    "A limit that fits in no 32 bits is a 500; it should be refused, or taken as it is.",
    rule="PAGE-08",
    family=PAGING,
)
class OverflowsAtHugeLimits(Misunderstanding):
    """Converts it without looking."""

    def understood(self, query: Query) -> Query:
        """The query; OverflowError beyond 32 bits."""
        if max(query.limit or 0, query.offset) > _LARGEST:
            raise OverflowError("value out of range")
        return query


@fault(
    "limit-of-nothing-is-a-server-error",
    PRODUCTS,
    "limit=0 is a 500; it should be an empty page, refused or ignored.",
    rule="PAGE-08",
    family=PAGING,
)
class DividesByLimits(Misunderstanding):
    """Works out how many pages there are."""

    def understood(self, query: Query) -> Query:
        """The query; ZeroDivisionError for pages of nothing."""
        _ = 1 if query.limit is None else query.offset // query.limit
        return query
