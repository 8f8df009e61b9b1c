"""Faults of paging: which resources are on a page, and what leads to the next."""

from __future__ import annotations

import re
from dataclasses import replace

from tmfrig.mockservers.collection import Collection
from tmfrig.mockservers.errors import ApiError
from tmfrig.mockservers.exchange import Exchange
from tmfrig.mockservers.faults.answers import Altered, Answer, altering
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.faults.listing import Misunderstanding
from tmfrig.mockservers.query import Query
from tmfrig.mockservers.store import Page
from tmfrig.specs import Kind

FAMILY = "paging"
CATALOG, ORDERS, PRODUCTS, SERVICES, SERVICE_ORDERS = "TMF620", "TMF622", "TMF637", "TMF638", "TMF641"


@fault(
    "limit-ignored",
    PRODUCTS,
    "limit is ignored; a page should hold no more than it.",
    rule="PAGE-01",
    family=FAMILY,
)
class IgnoresLimit(Misunderstanding):
    """Ignores parameters that it does not know."""

    def understood(self, query: Query) -> Query:
        """Everything from the offset on."""
        return replace(query, limit=None)


@fault(
    "limit-counts-from-zero",
    SERVICES,
    "A page holds one resource more than limit; it should hold no more than it.",
    rule="PAGE-01",
    family=FAMILY,
)
class AddsOne(Misunderstanding):
    """Takes limit for the last index."""

    def understood(self, query: Query) -> Query:
        """One more."""
        return query if query.limit is None else replace(query, limit=query.limit + 1)


@fault(
    "offset-ignored",
    ORDERS,
    "offset is ignored and the first page comes again; offset should skip resources.",
    rule="PAGE-02",
    family=FAMILY,
)
class IgnoresOffset(Misunderstanding):
    """Has never been asked for a second page."""

    def understood(self, query: Query) -> Query:
        """The first page."""
        return replace(query, offset=0)


@fault(
    "offset-counts-pages",
    PRODUCTS,
    "offset counts pages; it should count resources.",
    rule="PAGE-02",
    family=FAMILY,
)
class CountsPages(Misunderstanding):
    """Hands offset on as the number of a page."""

    def understood(self, query: Query) -> Query:
        """That page."""
        return replace(query, offset=query.offset * (query.limit or 1))


@fault(
    "offset-counts-from-one",
    SERVICE_ORDERS,
    "offset=1 is the first resource; it should skip that one.",
    rule="PAGE-02",
    family=FAMILY,
)
class CountsFromOne(Misunderstanding):
    """Numbers rows as its data base does."""

    def understood(self, query: Query) -> Query:
        """One place before."""
        return replace(query, offset=max(query.offset - 1, 0))


@fault(
    "pages-are-one-short",
    PRODUCTS,
    "A page holds one resource less than limit, although there are more; it should be full.",
    rule="PAGE-01",
    family=FAMILY,
)
class CutsOneShort(Misunderstanding):
    """Takes limit for the end of a range that it excludes."""

    def understood(self, query: Query) -> Query:
        """One less, and one at least."""
        return (
            query if query.limit is None else replace(query, limit=min(query.limit, max(1, query.limit - 1)))
        )


@fault(
    "page-loses-its-last",
    CATALOG,
    "The last resource of the last page is lost; pages together should hold everything.",
    rule="PAGE-02",
    family=FAMILY,
)
class LosesTheLast(Collection):
    """Ends one row too early."""

    async def find(self, query: Query) -> Page:
        """A page without the last of all where it would be on it after others."""
        page = await super().find(query)
        is_end = query.offset and query.offset + len(page.documents) == page.total
        return Page(page.documents[:-1], page.total) if is_end else page


@fault(
    "pages-in-no-order",
    SERVICES,
    "Each request sees the resources in another order, so that pages overlap; they should be disjoint.",
    rule="PAGE-02",
    family=FAMILY,
)
class HasNoOrder(Collection):
    """Asks its data base for pages and for no order."""

    async def find(self, query: Query) -> Page:
        """Later pages are cut from the end."""
        if not query.offset or query.sort or query.limit is None:
            return await super().find(query)
        total = (await super().find(replace(query, limit=0))).total
        return await super().find(replace(query, offset=max(total - query.offset - query.limit, 0)))


@fault(
    "order-differs-each-time",
    PRODUCTS,
    "The same page holds something else each time it is asked for; it should stay while nothing changes.",
    rule="PAGE-02",
    family=FAMILY,
)
class TurnsAround(Collection):
    """Gathers what it has from several places, whichever is the quickest."""

    async def find(self, query: Query) -> Page:
        """A page of a list that begins somewhere else than the time before."""
        if query.sort or query.limit is None:
            return await super().find(query)
        whole = (await super().find(replace(query, offset=0, limit=None))).documents
        turned = self.__dict__["turned"] = self.__dict__.get("turned", 0) + 1
        start = turned % len(whole) if whole else 0
        again = [*whole[start:], *whole[:start]]
        return Page(again[query.offset : query.offset + query.limit], len(whole))


# ── links and edges ─────────────────────────────────────────────────────────────────────────────────────────


@altering(
    "next-link-leads-to-the-same-page",
    ORDERS,
    "The link to the next page leads to the page itself; it should lead on.",
    rule="PAGE-06",
    family=FAMILY,
    on=Kind.LIST,
)
def next_is_the_same(_exchange: Altered, answer: Answer) -> Answer:
    """Builds all links of a page from its own address."""
    links = dict(each.split(b"; ")[::-1] for each in (answer.header(b"link") or b"").split(b", ") if each)
    if b'rel="next"' not in links:
        return answer
    links[b'rel="next"'] = links[b'rel="self"']
    told = b", ".join(address + b"; " + name for name, address in links.items())
    return answer.with_header(b"link", told)


@altering(
    "next-link-skips-one",
    SERVICES,
    "The link to the next page leads to the one behind it; it should lead to what follows.",
    rule="PAGE-06",
    family=FAMILY,
    on=Kind.LIST,
)
def next_skips_one(_exchange: Altered, answer: Answer) -> Answer:
    """Counts from one where offsets count from zero."""

    def further(link: bytes) -> bytes:
        return re.sub(rb"offset=(\d+)", lambda found: b"offset=%d" % (int(found[1]) + 1), link)

    links = (answer.header(b"link") or b"").split(b", ")
    told = [further(each) if each.endswith(b'"next"') else each for each in links]
    return answer.with_header(b"link", b", ".join(told)) if links[0] else answer


@altering(
    "last-page-links-on",
    PRODUCTS,
    "The last page links to a next one; it should not, as none follows.",
    rule="PAGE-06",
    family=FAMILY,
    on=Kind.LIST,
)
def last_links_on(_exchange: Altered, answer: Answer) -> Answer:
    """Links to what comes without looking whether something does."""
    links = (answer.header(b"link") or b"").split(b", ")
    if not links[0] or any(each.endswith(b'"next"') for each in links):
        return answer
    onward = re.sub(rb'rel="\w+"', b'rel="next"', links[0])
    return answer.with_header(b"link", b", ".join([*links, onward]))


@altering(
    "next-link-is-missing",
    SERVICES,
    "A page that others follow has links to all but the next; it should link to it.",
    rule="PAGE-06",
    family=FAMILY,
    on=Kind.LIST,
)
def next_is_missing(_exchange: Altered, answer: Answer) -> Answer:
    """Links to what has been, not to what comes."""
    links = [each for each in (answer.header(b"link") or b"").split(b", ") if not each.endswith(b'"next"')]
    return answer.with_header(b"link", b", ".join(links)) if links[0] else answer


@fault(
    "offset-beyond-the-end-is-a-server-error",
    PRODUCTS,
    "An offset beyond the end is answered 500; it should be an empty page or a refusal.",
    rule="PAGE-07",
    family=FAMILY,
)
class FailsBeyondTheEnd(Collection):
    """Slices without looking how much there is."""

    async def find(self, query: Query) -> Page:
        """The page, if there is one."""
        page = await super().find(query)
        if query.offset > page.total:
            raise ApiError(500, "internalError", "the request could not be handled")
        return page


class _Unprepared(Exchange):
    """Fails where a parameter is not what it expects."""

    garbage: tuple[bytes, ...] = ()

    @property
    def query_string(self) -> bytes:
        """The query, if it can be worked with."""
        query = super().query_string
        if any(each in query.split(b"&") for each in self.garbage):
            raise ApiError(500, "internalError", "the request could not be handled")
        return query


@fault(
    "limit-that-is-no-number-is-a-server-error",
    SERVICE_ORDERS,
    "limit=x is answered 500; it should be ignored or refused.",
    rule="PAGE-08",
    family=FAMILY,
)
class ParsesNumbersOnly(_Unprepared):
    """Parses without a net."""

    garbage = (b"limit=x", b"offset=x")


@fault(
    "negative-offset-is-a-server-error",
    CATALOG,
    "offset=-1 is answered 500; it should be ignored or refused.",
    rule="PAGE-08",
    family=FAMILY,
)
class CountsForwardOnly(_Unprepared):
    """Hands numbers on to its data base, which takes none below zero."""

    garbage = (b"limit=-1", b"offset=-1")
