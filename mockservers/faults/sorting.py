"""Faults of sorting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tmfrig.mockservers.collection import Collection
from tmfrig.mockservers.errors import ApiError
from tmfrig.mockservers.faults.answers import Altered, Answer, altering
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.faults.listing import Misunderstanding
from tmfrig.mockservers.matching import values_at
from tmfrig.mockservers.query import Query, SortKey
from tmfrig.mockservers.store import Page
from tmfrig.specs import Kind

FAMILY = "sorting"
CATALOG, ORDERS, PRODUCTS, SERVICES, SERVICE_ORDERS = "TMF620", "TMF622", "TMF637", "TMF638", "TMF641"


class _Sorting(Misunderstanding):
    """Sorts in another way than was asked."""

    arrange: Callable[[SortKey], SortKey] = staticmethod(lambda key: key)

    def understood(self, query: Query) -> Query:
        """The query with other keys."""
        return replace(query, sort=tuple(map(type(self).arrange, query.sort)))


@fault(
    "sort-ignored",
    PRODUCTS,
    "sort is ignored; lists should come in the order that was asked for.",
    rule="SORT-01",
    family=FAMILY,
)
class IgnoresSort(Misunderstanding):
    """Ignores parameters that it does not know."""

    def understood(self, query: Query) -> Query:
        """No order."""
        return replace(query, sort=())


@fault(
    "sort-always-ascending",
    SERVICES,
    "sort=-name is ascending too; a minus should make it descending.",
    rule="SORT-01",
    family=FAMILY,
)
class SortsUp(_Sorting):
    """Drops the sign."""

    arrange = staticmethod(lambda key: replace(key, descending=False))


@fault(
    "sort-descends-by-default",
    ORDERS,
    "sort=name is descending and sort=-name ascending; it should be the other way round.",
    rule="SORT-01",
    family=FAMILY,
)
class SortsDown(_Sorting):
    """Shows the latest first, whatever is asked."""

    arrange = staticmethod(lambda key: replace(key, descending=not key.descending))


@altering(
    "sort-is-a-server-error",
    SERVICE_ORDERS,
    "A list with sort is answered 500; it should be sorted, or refused as the client's mistake.",
    rule="SORT-01",
    family=FAMILY,
    on=Kind.LIST,
)
def sort_fails(exchange: Altered, answer: Answer) -> Answer:
    """Hands the parameter on to its data base."""
    if exchange.asked("sort") is None:
        return answer
    return answer.with_error(ApiError(500, "internalError", "the query failed"))


@altering(
    "sort-by-nothing-is-a-server-error",
    PRODUCTS,
    "sort by a name that no attribute has is answered 500; it should be ignored or refused.",
    rule="SORT-01",
    family=FAMILY,
    on=Kind.LIST,
)
def sort_by_nothing_fails(exchange: Altered, answer: Answer) -> Answer:
    """Looks names up without a net."""
    resource, keys = exchange.resource, (exchange.asked("sort") or "id").split(",")
    names = {each.strip("+- ").partition(".")[0] for each in keys}
    if resource is None or names <= resource.attributes.keys():
        return answer
    return answer.with_error(ApiError(500, "internalError", "the query failed"))


@fault(
    "sort-drops-what-lacks-the-attribute",
    PRODUCTS,
    "A sorted list lacks what does not have the attribute; sorting should leave nothing out.",
    rule="SORT-01",
    family=FAMILY,
)
class DropsWhatLacksIt(Collection):
    """Reads an index of what has it."""

    async def find(self, query: Query) -> Page:
        """A page of what has all that it is sorted by."""
        if not query.sort:
            return await super().find(query)
        whole = (await super().find(replace(query, offset=0, limit=None))).documents
        left = [each for each in whole if all([*values_at(each.body, key.path)] for key in query.sort)]
        end = None if query.limit is None else query.offset + query.limit
        return Page(left[query.offset : end], len(left))


@fault(
    "sort-within-the-page",
    CATALOG,
    "Each page is sorted by itself; the whole should be sorted, then cut into pages.",
    rule="SORT-01",
    family=FAMILY,
)
class SortsPages(Collection):
    """Sorts what it has read."""

    async def find(self, query: Query) -> Page:
        """A page of what comes as it comes, sorted."""
        page = await super().find(replace(query, sort=()))
        wanted = {each.id for each in page.documents}
        if not query.sort:
            return page
        ordered = await super().find(replace(query, offset=0, limit=None))
        return Page([each for each in ordered.documents if each.id in wanted], page.total)
