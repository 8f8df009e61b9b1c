"""Edges of pages: where exactly they begin, limits that make little sense, and writes between two of them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from tmfrig.conformance.api import Api, Instance
from tmfrig.conformance.check import MUST, SHOULD, CannotJudge, Suite, Violation, check, skip
from tmfrig.conformance.checks.samples import can_be_filled, ids_in, is_complete, samples_of, selected, texts
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import expect
from tmfrig.specs import Kind, Resource

_BEYOND = 1_000_000
_FEW = 2
_TIMES = 5
_HUGE = ("2147483648", "99999999999999999999")


@check(
    "page.offset",
    MUST,
    "offset skips exactly so many resources, also without limit, and 0 skips none.",
    source="TMF630 part 1, section 4.5; rule PAGE-02",
    on=Kind.LIST,
    when=can_be_filled,
)
def an_offset_skips_so_many(api: Api, resource: Resource) -> None:
    samples = samples_of(api, resource)
    ours, query = samples.selected, samples.selection
    whole = selected(api, resource, query, ours)
    if not whole.ok or set(ids_in(whole)) != set(ours):
        skip(f"a plain filter does not select the {len(ours)} samples ({len(whole.representations)} listed)")
    for offset in range(len(ours)):
        label = f"GET {resource.path} with offset={offset}, of {len(ours)} that a filter selects"
        answer = api.list(resource, {**query, "offset": offset}, label=label, intent=Intent.OPEN)
        if not answer.ok:
            skip(f"offset={offset} without limit is refused with {answer.status}")
        ids, left = ids_in(answer), len(ours) - offset
        if len(set(ids)) == left and set(ids) <= set(ours):
            continue
        if 0 < len(ids) < left and answer.status == 206:
            continue  # pages of the target's own size
        raise Violation(
            f"{label}: {len(ids)} are listed",
            expected=f"the other {left}" if offset else f"all {left}",
            actual=", ".join(ids[:5]) or "an empty list",
            exchange=answer,
        )


@check(
    "page.full",
    SHOULD,
    "A page holds as many resources as its limit, as long as there are as many.",
    source="TMF630 part 1, section 4.5; rule PAGE-01",
    on=Kind.LIST,
    when=can_be_filled,
)
def a_page_is_full(api: Api, resource: Resource) -> None:
    samples = samples_of(api, resource)
    ours, query = samples.selected, samples.selection
    if set(ids_in(selected(api, resource, query, ours))) != set(ours) or len(ours) <= _FEW:
        skip(f"a plain filter does not select the {len(ours)} samples")
    label = f"GET {resource.path} with limit={_FEW}, of {len(ours)} that a filter selects"
    for _ in range(2):
        # asked again before anybody is blamed: a target may be busy
        page = api.list(resource, {**query, "limit": _FEW}, label=label, intent=Intent.OPEN)
        if not page.ok or len(page.representations) >= _FEW:
            return
    raise Violation(
        f"{label}: {len(page.representations)} are on the page",
        expected=f"{_FEW} of them",
        actual=", ".join(ids_in(page)) or "an empty list",
        exchange=page,
    )


@check(
    "page.stable",
    MUST,
    "The same page holds the same resource each time it is asked for, as long as nothing changes.",
    source="TMF630 part 1, section 4.5, pages are parts of one list; rule PAGE-02",
    on=Kind.LIST,
    when=can_be_filled,
)
def a_page_stays_what_it_is(api: Api, resource: Resource) -> None:
    samples = samples_of(api, resource)
    ours, query = samples.selected, samples.selection
    if set(ids_in(selected(api, resource, query, ours))) != set(ours):
        skip(f"a plain filter does not select the {len(ours)} samples")
    label = f"GET {resource.path} with limit=1, of {len(ours)} that a filter selects, time after time"
    first: list[str] | None = None
    for _ in range(_TIMES):
        page = api.list(resource, {**query, "limit": 1}, label=label, intent=Intent.OPEN)
        ids = ids_in(page)
        if not page.ok or len(ids) != 1:
            skip(f"a page of one is answered {page.status} with {len(ids)} (a finding of other checks)")
        first = first or ids
        if ids != first:
            raise Violation(
                f"{label}: first it was {first[0]}, then {ids[0]}; pages in no order overlap",
                expected=f"{first[0]} each time",
                actual=ids[0],
                exchange=page,
            )


@check(
    "page.odd-limits",
    MUST,
    "A limit of 0, or of more than any number fits in, is never answered by a server error.",
    source="the API's OpenAPI document, limit is an integer; rule PAGE-08",
    on=Kind.LIST,
)
def odd_limits_are_no_server_error(api: Api, resource: Resource) -> None:
    # by an id that nothing has: whoever takes the number at its word would list everything
    nothing = {"id": api.unknown_id(resource)}
    beyond = api.list(resource, {**nothing, "offset": _BEYOND}, intent=Intent.OPEN)
    # whoever stumbles over any offset beyond the end is blamed by page.beyond-end
    huge = ("limit",) if beyond.status >= 500 else ("limit", "offset")
    for name, value in (("limit", "0"), *((name, each) for name in huge for each in _HUGE)):
        label = f"GET {resource.path} with {name}={value}"
        answer = api.list(resource, {**nothing, name: value}, label=label, intent=Intent.OPEN)
        expect(answer).not_a_server_error("a number that makes no sense is the client's mistake")


@check(
    "page.while-others-write",
    SHOULD,
    "No resource is on two pages because another one was created behind it meanwhile.",
    source="expected of any API; rules CONS-04, PAGE-02",
    on=Kind.LIST,
    when=can_be_filled,
    suite=Suite.full,
)
def pages_stay_while_others_write(api: Api, resource: Resource) -> str | None:
    names = texts(resource)
    if not names:
        skip(f"{resource.name} has no text by which a few could be selected")
    token = f"rig-{uuid.uuid4().hex[:8]}"
    query = {names[0]: token}

    def another() -> Instance:
        return api.fresh(resource, api.payload(resource) | query)

    ids = [another().id for _ in range(4)]
    whole = selected(api, resource, query, ids)
    if set(ids_in(whole)) != set(ids) or not is_complete(whole):
        skip("a plain filter does not select the four that were made")
    pages: list[list[str]] = []
    newcomers: list[str] = []
    for number in range(4):
        page = _page(api, resource, query, number)
        pages.append(ids_in(page))
        newcomers.append(another().id)
    order = ids_in(selected(api, resource, query, [*ids, *newcomers]))
    if not set(order) >= {*ids, *newcomers}:
        raise CannotJudge(f"{len(newcomers)} that were made meanwhile are not listed")
    # what comes in front of a page moves it on, and the next one repeats something: that is how offsets are
    if min(order.index(each) for each in newcomers) < max(order.index(each) for each in ids):
        return "new resources are listed in front of others: pages by offset shift"
    _no_repetition(pages, page)
    return None


def _page(api: Api, resource: Resource, query: dict[str, str], offset: int) -> Exchange:
    label = f"GET {resource.path} with limit=1, offset={offset}, between creates"
    page = api.list(resource, {**query, "limit": 1, "offset": offset}, label=label, intent=Intent.OPEN)
    expect(page).status(200, 206)
    return page


def _no_repetition(pages: Sequence[Sequence[str]], last: Exchange) -> None:
    seen: list[str] = []
    for ids in pages:
        again = next((id for id in ids if id in seen), None)
        if again is not None:
            raise Violation(
                f"{last.label}: {again} was on an earlier page already, although what was created "
                "meanwhile is listed behind",
                expected="pages that have no resource in common",
                actual=", ".join([*seen, *ids]),
                exchange=last,
            )
        seen.extend(ids)
