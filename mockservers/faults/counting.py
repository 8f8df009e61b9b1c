"""Faults of the headers that count: how many resources there are in all, and on a page."""

from __future__ import annotations

from dataclasses import replace

from tmfrig.mockservers.collection import Collection
from tmfrig.mockservers.faults.answers import Altered, Answer, altering
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.query import Query
from tmfrig.mockservers.store import Page
from tmfrig.specs import Kind

FAMILY = "paging"
CATALOG, ORDERS, PRODUCTS, SERVICES, SERVICE_ORDERS = "TMF620", "TMF622", "TMF637", "TMF638", "TMF641"
TOTAL, RESULT = b"x-total-count", b"x-result-count"


@altering(
    "total-count-missing",
    PRODUCTS,
    "A page has no X-Total-Count; it should say how many resources there are in all.",
    rule="PAGE-03",
    family=FAMILY,
    on=Kind.LIST,
)
def no_total(_exchange: Altered, answer: Answer) -> Answer:
    """Finds counting too expensive."""
    return answer.without_header(TOTAL)


@altering(
    "total-count-of-the-page",
    ORDERS,
    "X-Total-Count is the number of resources on the page; it should count all.",
    rule="PAGE-03",
    family=FAMILY,
    on=Kind.LIST,
)
def total_of_the_page(_exchange: Altered, answer: Answer) -> Answer:
    """Counts what it has."""
    return answer.with_header(TOTAL, b"%d" % len(answer.json))


@fault(
    "total-count-without-filter",
    SERVICES,
    "X-Total-Count counts the whole collection; it should count what the filter selects.",
    rule="PAGE-03",
    family=FAMILY,
)
class CountsEverything(Collection):
    """Counts in a query of its own, without conditions."""

    async def find(self, query: Query) -> Page:
        """A page, and the size of the collection."""
        page = await super().find(query)
        return replace(page, total=(await super().find(Query(limit=0))).total)


@altering(
    "total-count-in-words",
    SERVICE_ORDERS,
    'X-Total-Count is "items 0-9/42"; it should be a number.',
    rule="PAGE-03",
    family=FAMILY,
    on=Kind.LIST,
)
def total_in_words(_exchange: Altered, answer: Answer) -> Answer:
    """Mixes it up with Content-Range."""
    total = answer.header(TOTAL) or b"0"
    return answer.with_header(TOTAL, b"items 0-%d/%b" % (len(answer.json), total))


@altering(
    "result-count-missing",
    CATALOG,
    "A list has no X-Result-Count, which the contract declares; it should count what is in the body.",
    rule="PAGE-04",
    family=FAMILY,
    on=Kind.LIST,
)
def no_result_count(_exchange: Altered, answer: Answer) -> Answer:
    """Sends the other count alone."""
    return answer.without_header(RESULT)


@altering(
    "result-count-of-all",
    PRODUCTS,
    "X-Result-Count is the number of all resources; it should count what is in the body.",
    rule="PAGE-04",
    family=FAMILY,
    on=Kind.LIST,
)
def result_count_of_all(_exchange: Altered, answer: Answer) -> Answer:
    """Sends one number in both headers."""
    return answer.with_header(RESULT, answer.header(TOTAL) or b"0")
