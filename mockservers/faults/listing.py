"""Faults of filtering by equality, and by several attributes at once."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

from tmfrig.mockservers.collection import Collection
from tmfrig.mockservers.errors import ApiError
from tmfrig.mockservers.faults.answers import Altered, Answer, altering
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.matching import matches, values_at
from tmfrig.mockservers.query import Condition, Operator, Query
from tmfrig.mockservers.store import Document, Page
from tmfrig.specs import Kind

FAMILY = "filtering"
ORDERS, PRODUCTS, SERVICES, SERVICE_ORDERS = "TMF622", "TMF637", "TMF638", "TMF641"


class Misunderstanding(Collection):
    """Looks for something else than was asked."""

    def understood(self, query: Query) -> Query:
        """What it makes of a query."""
        raise NotImplementedError

    async def find(self, query: Query) -> Page:
        """The documents that it thinks a query asks for."""
        return await super().find(self.understood(query))


class Matching(Collection):
    """Selects resources in a way of its own where there are conditions."""

    def is_meant(self, document: Document, query: Query) -> bool:
        """Whether it thinks that a query asks for a document."""
        raise NotImplementedError

    async def find(self, query: Query) -> Page:
        """The documents that it thinks a query asks for."""
        if not query.conditions:
            return await super().find(query)
        whole = await super().find(replace(query, conditions=(), offset=0, limit=None))
        meant = [each for each in whole.documents if self.is_meant(each, query)]
        end = None if query.limit is None else query.offset + query.limit
        return Page(meant[query.offset : end], len(meant))


# ── filtering ───────────────────────────────────────────────────────────────────────────────────────────────


@fault(
    "filter-ignored",
    PRODUCTS,
    "Filters are ignored and everything is listed; only what has the value should be.",
    rule="FILT-01",
    family=FAMILY,
)
class IgnoresFilters(Misunderstanding):
    """Ignores parameters that it does not know."""

    def understood(self, query: Query) -> Query:
        """Everything."""
        return replace(query, conditions=())


@fault(
    "filter-by-few-attributes",
    ORDERS,
    "Filters are heard for id and state alone, others are ignored; each first-level attribute should filter.",
    rule="FILT-01",
    family=FAMILY,
)
class FiltersByFew(Misunderstanding):
    """Has implemented what its own portal needs."""

    def understood(self, query: Query) -> Query:
        """What it has an index for."""
        known = [each for each in query.conditions if _attribute(each) in ("id", "state")]
        return replace(query, conditions=tuple(known))


@fault(
    "filter-finds-what-contains",
    SERVICES,
    "A filter finds whatever contains the value; only what equals it should be listed.",
    rule="FILT-01",
    family=FAMILY,
)
class FiltersByPart(Matching):
    """Puts a percent sign around what it looks for."""

    def is_meant(self, document: Document, query: Query) -> bool:
        """Whether every value is a part of what is there."""
        return all(
            any(_has(document, path, value) for path, value in _asked(each)) for each in query.conditions
        )


def _has(document: Document, path: tuple[str, ...], value: str) -> bool:
    return any(value in str(found) for found in values_at(document.body, path))


def _asked(condition: Condition) -> list[tuple[tuple[str, ...], str]]:
    return [(each.path, value) for each in condition.alternatives for value in each.values]


@fault(
    "filter-is-negated",
    SERVICE_ORDERS,
    "A filter lists what does not have the value; it should list what has it.",
    rule="FILT-01",
    family=FAMILY,
)
class FiltersTheOthers(Matching):
    """Takes a filter for what filters out."""

    def is_meant(self, document: Document, query: Query) -> bool:
        """Whether a document is not asked for."""
        return not matches(document.body, query.conditions)


@fault(
    "filter-by-text-finds-nothing",
    PRODUCTS,
    "A filter by a text finds nothing; it should find what has the value.",
    rule="FILT-01",
    family=FAMILY,
)
class FindsNoTexts(Matching):
    """Asks for a column of another name."""

    def is_meant(self, document: Document, query: Query) -> bool:
        """Whether it is asked for by anything else than these."""
        texts = {"name", "description", "externalId"}
        return matches(document.body, query.conditions) and not texts & set(map(_attribute, query.conditions))


@fault(
    "filter-by-id-finds-nothing",
    SERVICES,
    "A filter by id finds nothing; it should find the resource that has it.",
    rule="FILT-01",
    family=FAMILY,
)
class FindsNoIds(Matching):
    """Compares ids with its own keys."""

    def is_meant(self, document: Document, query: Query) -> bool:
        """Whether it is asked for by anything else than its id."""
        return matches(document.body, query.conditions) and "id" not in map(_attribute, query.conditions)


@fault(
    "filter-by-date-finds-nothing",
    ORDERS,
    "A filter by a date finds nothing, though the value is the one shown; it should find what has it.",
    rule="FILT-01",
    family=FAMILY,
)
class FindsNoDates(Matching):
    """Keeps more digits of a second than it shows."""

    def is_meant(self, document: Document, query: Query) -> bool:
        """Whether it is asked for by anything else than a date."""
        dates = [each for each in map(_attribute, query.conditions) if each.endswith(("Date", "Update"))]
        return matches(document.body, query.conditions) and not dates


@altering(
    "filter-is-a-server-error",
    PRODUCTS,
    "A filter by an attribute other than the id is answered 500; it should select resources.",
    rule="FILT-01",
    family=FAMILY,
    on=Kind.LIST,
)
def filters_fail(exchange: Altered, answer: Answer) -> Answer:
    """Builds statements that its data base does not take."""
    resource = exchange.resource
    names = [each for each in resource.attributes if each != "id"] if resource is not None else []
    if not any(exchange.asked(each) is not None for each in names):
        return answer
    return answer.with_error(ApiError(500, "internalError", "the query failed"))


@fault(
    "filter-first-alone",
    PRODUCTS,
    "Of several filters the first alone is heard; all of them should hold.",
    rule="FILT-02",
    family=FAMILY,
)
class HearsTheFirst(Misunderstanding):
    """Expects one filter."""

    def understood(self, query: Query) -> Query:
        """The first condition."""
        return replace(query, conditions=query.conditions[:1])


@fault(
    "filter-last-alone",
    SERVICES,
    "Of several filters the last alone is heard; all of them should hold.",
    rule="FILT-02",
    family=FAMILY,
)
class HearsTheLast(Misunderstanding):
    """Overwrites one filter with the next."""

    def understood(self, query: Query) -> Query:
        """The last condition."""
        return replace(query, conditions=query.conditions[-1:])


@fault(
    "filters-are-alternatives",
    ORDERS,
    "What satisfies one of several filters is listed; all of them should hold.",
    rule="FILT-02",
    family=FAMILY,
)
class TakesAny(Misunderstanding):
    """Joins conditions by the wrong word."""

    def understood(self, query: Query) -> Query:
        """Any of the conditions."""
        every = tuple(chain.from_iterable(each.alternatives for each in query.conditions))
        return replace(query, conditions=(Condition(every),) if every else ())


@fault(
    "two-filters-find-nothing",
    SERVICE_ORDERS,
    "Two filters together find nothing; they should find what satisfies both.",
    rule="FILT-02",
    family=FAMILY,
)
class CannotCombine(Matching):
    """Looks for one value in two places."""

    def is_meant(self, document: Document, query: Query) -> bool:
        """Whether it is asked for by one condition."""
        return len(query.conditions) == 1 and matches(document.body, query.conditions)


def _attribute(condition: Condition) -> str:
    """The first-level attribute that a condition by equality is about."""
    first = condition.alternatives[0]
    return first.path[0] if first.operator is Operator.EQ else ""
