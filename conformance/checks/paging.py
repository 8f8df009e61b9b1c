"""Paging: offset, limit, and the headers that count."""

from __future__ import annotations

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import (
    MAY,
    MUST,
    SHOULD,
    CannotJudge,
    Skipped,
    Violation,
    check,
    not_applicable,
    observing,
    skip,
)
from tmfrig.conformance.checks.links import next_link
from tmfrig.conformance.checks.samples import ids_in, is_there, samples_of, selected
from tmfrig.conformance.checks.walking import Walk, walk
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import expect
from tmfrig.specs import Kind, Resource

FAR_BEYOND = 1_000_000
_WALKS = 4
"""So often the pages are walked through where the whole changes meanwhile."""


@observing(
    "page.limit",
    MUST,
    "A page holds no more resources than its limit.",
    source="TMF630 part 1, section 4.5; rule PAGE-01",
    on=Kind.LIST,
)
def no_more_than_the_limit(exchange: Exchange) -> None:
    limit = _number(exchange, "limit")
    if not limit or not _is_list(exchange):
        not_applicable()
    expect(exchange).json_array().length_at_most(limit, because=f"limit is {limit}")


@observing(
    "page.total-count",
    MUST,
    "A page says in X-Total-Count how many resources there are in all.",
    source="TMF630 part 1, sections 1.9 and 4.5; the API's OpenAPI document, headers; rule PAGE-03",
    on=Kind.LIST,
)
def a_page_counts_all(exchange: Exchange) -> None:
    if not _is_list(exchange) or not (exchange.asked("limit") or exchange.asked("offset")):
        not_applicable()
    _total_covers_the_page(exchange)


@observing(
    "list.total-count",
    SHOULD,
    "A list without paging says in X-Total-Count how many resources there are in all.",
    source="TMF630 part 1, sections 1.9 and 4.5; the API's OpenAPI document, headers; rule PAGE-03",
    on=Kind.LIST,
)
def a_list_counts_all(exchange: Exchange) -> None:
    if not _is_list(exchange) or exchange.asked("limit") or exchange.asked("offset"):
        not_applicable()
    _total_covers_the_page(exchange)


def _total_covers_the_page(exchange: Exchange) -> None:
    total = expect(exchange).header("X-Total-Count").integer()
    shown = len(exchange.json)
    if total < shown:
        raise Violation(
            f"{exchange.label}: X-Total-Count is {total}, yet the page alone holds {shown}",
            expected=f"X-Total-Count of at least {shown}",
            actual=f"X-Total-Count: {total}",
            exchange=exchange,
        )


@observing(
    "page.result-count",
    SHOULD,
    "X-Result-Count is the number of resources in the body.",
    source="the API's OpenAPI document, headers; rule PAGE-04",
    on=Kind.LIST,
)
def the_result_count_is_that_of_the_body(exchange: Exchange) -> None:
    if not _is_list(exchange) or not _declares_result_count(exchange):
        not_applicable()
    expect(exchange).header("X-Result-Count").equals(str(len(exchange.json)), "it counts what is in the body")


def _declares_result_count(exchange: Exchange) -> bool:
    declared = exchange.operation.responses.get("200") if exchange.operation else None
    return declared is not None and "x-result-count" in {name.lower() for name in declared.headers}


@observing(
    "page.partial-status",
    MAY,
    "A page that is a part of the whole is answered 206.",
    source="TMF630 part 1, section 4.5.1, against the OpenAPI documents, which have 200 alone; rule PAGE-05",
    on=Kind.LIST,
)
def a_part_is_answered_206(exchange: Exchange) -> None:
    total = exchange.total_count
    if total is None or not _is_list(exchange) or not 0 < len(exchange.json) < total:
        not_applicable()
    expect(exchange).status(206)


def _is_list(exchange: Exchange) -> bool:
    return exchange.ok and exchange.is_json and isinstance(exchange.json, list)


def _number(exchange: Exchange, name: str) -> int | None:
    asked = exchange.asked(name) or ""
    return int(asked) if asked.isascii() and asked.isdigit() else None


@check(
    "page.walk",
    MUST,
    "Pages are disjoint and together hold everything; without offset the first one comes.",
    source="TMF630 part 1, section 4.5; rules PAGE-01, PAGE-02",
    on=Kind.LIST,
)
def pages_make_up_the_whole(api: Api, resource: Resource) -> str | None:
    wanted, query = _what_to_walk(api, resource)
    walks: list[Walk] = []
    # Walked again before anybody is blamed: others may add and delete meanwhile.
    while len(walks) < _WALKS and sum(not each.moved for each in walks) < 2:
        walks.append(walk(api, resource, query, wanted))
        if walks[-1].fault is None:
            return walks[-1].remark
    fault = next((each.fault for each in reversed(walks) if not each.moved), None)
    raise fault or Skipped(f"others add and delete {resource.name} while we walk through the pages")


def _what_to_walk(api: Api, resource: Resource) -> tuple[list[str], dict[str, str]]:
    """Ids that must turn up, and the filter that selects little else, where the target filters."""
    try:
        samples = samples_of(api, resource)
    except (CannotJudge, Skipped):
        return [], {}
    whole = selected(api, resource, samples.selection, samples.selected)
    if whole.ok and set(ids_in(whole)) == set(samples.selected):
        return list(samples.selected), samples.selection
    there = [id for id in (*samples.ids, *samples.selected) if is_there(api, resource, id)]
    return list(dict.fromkeys(there)), {}


@check(
    "page.total-true",
    MUST,
    "X-Total-Count is the number of resources that a walk through all pages finds.",
    source="TMF630 part 1, sections 1.9 and 4.5; rules PAGE-03, FILT-01",
    on=Kind.LIST,
    when=lambda resource: Kind.CREATE in resource.operations,
)
def the_total_is_true(api: Api, resource: Resource) -> None:
    wanted, query = _what_to_walk(api, resource)
    if not query:
        skip(f"no filter selects few enough {resource.name} to count them all")
    label = f"GET one of the {len(wanted)} {resource.name} with {'='.join(*query.items())}"
    total = 0
    for _ in range(2):
        page = api.list(resource, {**query, "limit": 1}, label=label)
        counted = page.total_count
        if not page.ok or counted is None or counted < len(page.representations):
            skip("there is no X-Total-Count to compare with (a finding of page.total-count)")
        total = counted
        if total == len(wanted):
            return
    raise Violation(
        f"{label}: X-Total-Count is {total}; it counts all that the filter selects, whatever is on the page",
        expected=f"X-Total-Count: {len(wanted)}",
        actual=f"X-Total-Count: {total}",
        exchange=page,
    )


@check(
    "page.links",
    SHOULD,
    "Link headers lead from page to page.",
    source="TMF630 part 1, section 4.5.1; rule PAGE-06",
    on=Kind.LIST,
)
def links_lead_on(api: Api, resource: Resource) -> None:
    wanted, query = _what_to_walk(api, resource)
    first = api.list(resource, {**query, "limit": 1}, label=f"GET {resource.path} with limit=1")
    link = first.headers.get("link")
    if not link:
        skip("no Link header is offered")
    onward = next_link(link)
    if onward is None:
        if len(wanted) < 2 and (first.total_count or 0) < 2:
            skip("there is no second page to link to")
        expect(first).header("Link").equals('<…>; rel="next"', "another page follows")
        return
    try:
        second = api.follow(onward, label=f"GET the next page, {onward}")
    except CannotJudge as elsewhere:
        skip(f"the next link was not followed: {elsewhere}")
    expect(second).status(200, 206).json_array()
    repeated = set(ids_in(first)) & set(ids_in(second))
    if repeated:
        raise Violation(
            f"{second.label}: the next page holds {', '.join(repeated)} of the page before",
            expected="the resources that follow",
            actual=", ".join(ids_in(second)[:5]),
            exchange=second,
        )
    if query and len(ids_in(first)) == 1:
        _follows(second, api.list(resource, {**query, "limit": 1, "offset": 1}, intent=Intent.OPEN))


def _follows(second: Exchange, there: Exchange) -> None:
    """A next page is the one that is asked for by its offset; asked where only our own are selected."""
    if there.ok and ids_in(there) and ids_in(second)[:1] != ids_in(there)[:1]:
        raise Violation(
            f"{second.label}: the next page is not the one that follows",
            expected=f"a page that begins with {ids_in(there)[0]}, as with offset=1",
            actual=", ".join(ids_in(second)[:5]) or "an empty list",
            exchange=second,
        )


@check(
    "page.last-link",
    SHOULD,
    "The last page links to no next one.",
    source="TMF630 part 1, section 4.5.1; rule PAGE-06",
    on=Kind.LIST,
    when=lambda resource: Kind.CREATE in resource.operations,
)
def links_come_to_an_end(api: Api, resource: Resource) -> None:
    wanted, query = _what_to_walk(api, resource)
    if not query:
        skip(f"no filter selects few enough {resource.name} to see the last page of them")
    label = f"GET {resource.path} with limit=1, offset={len(wanted) - 1}, the last of {len(wanted)}"
    last = api.list(resource, {**query, "limit": 1, "offset": len(wanted) - 1}, label=label)
    onward = next_link(last.headers.get("link", ""))
    # who does not count cannot know that it is the last
    if onward and last.ok and len(ids_in(last)) == 1 and last.total_count == len(wanted):
        raise Violation(
            f"{label}: Link leads on to {onward}, although X-Total-Count is {last.total_count}",
            expected="no link to a next page",
            actual=f"Link: {last.headers['link']}",
            exchange=last,
        )


@check(
    "page.beyond-end",
    MUST,
    "An offset beyond the end is answered by an empty page or refused, never by a server error.",
    source="TMF630 part 1, section 4.5, which leaves the status open; rule PAGE-07",
    on=Kind.LIST,
)
def beyond_the_end_is_no_server_error(api: Api, resource: Resource) -> None:
    label = f"GET {resource.path} with an offset far beyond the end"
    answer = api.list(resource, {"offset": FAR_BEYOND, "limit": 2}, label=label, intent=Intent.OPEN)
    expect(answer).not_a_server_error("a client cannot know where the end is")


@check(
    "page.garbage",
    MUST,
    "An offset or limit that is no number is ignored or refused, never answered by a server error.",
    source="the API's OpenAPI document, offset and limit are integers; rule PAGE-08",
    on=Kind.LIST,
)
def garbage_is_no_server_error(api: Api, resource: Resource) -> None:
    for name in ("limit", "offset"):
        for value in ("-1", "x"):
            label = f"GET {resource.path} with {name}={value}"
            answer = api.list(resource, {name: value}, label=label, intent=Intent.INVALID)
            expect(answer).not_a_server_error("it is the client's mistake")
