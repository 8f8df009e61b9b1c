"""Walking: going through a collection page by page, as far as is reasonable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import Violation
from tmfrig.conformance.checks.samples import ids_in
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.specs import Resource

PAGE = 2
MOST_PAGES = 20


@dataclass(frozen=True, slots=True)
class Walk:
    """How a walk went: what is wrong with the pages, or a remark where not all of them were seen."""

    fault: Violation | None = None
    remark: str | None = None
    moved: bool = False
    """Whether the whole changed on the way, so that pages may have shifted."""


def walk(api: Api, resource: Resource, query: Mapping[str, str], wanted: Sequence[str]) -> Walk:
    """Go through the pages of what a query selects. `wanted` are ids that must turn up.

    A target may serve smaller pages than asked for: the next offset follows what came. The first page is
    asked for without offset, which means the start.
    """
    seen: dict[str, int] = {}
    totals: set[int | None] = set()
    offset = 0
    limit = PAGE if query else _page_size(api, resource)
    for number in range(MOST_PAGES):
        page = _page(api, resource, query, offset, limit)
        if number and page.status in (400, 404, 416):
            break  # the end may be answered so
        if page.status not in (200, 206):
            return Walk(
                Violation(f"{page.label}: answered {page.status}", "200 or 206", str(page.status), page)
            )
        ids = ids_in(page)
        totals.add(page.total_count)
        again = [id for id in ids if id in seen]
        if again:
            return Walk(_repeated(page, again[0], seen[again[0]]), moved=len(totals) > 1)
        seen |= dict.fromkeys(ids, offset)
        if not page.representations:
            break
        offset += len(page.representations)
    else:
        return Walk(remark=f"the first {offset} {resource.name} were walked through, which are not all")
    return Walk(_missing(page, wanted, seen, query), moved=len(totals) > 1)


def _page(api: Api, resource: Resource, query: Mapping[str, str], offset: int, limit: int) -> Exchange:
    paging = {"limit": str(limit)} | ({"offset": str(offset)} if offset else {})
    selection = "".join(f" and {name}={value}" for name, value in query.items())
    place = f"offset={offset}" if offset else "no offset"
    label = f"GET {resource.path} with limit={limit}, {place}{selection}"
    return api.list(resource, {**query, **paging}, label=label, intent=Intent.OPEN)


def _page_size(api: Api, resource: Resource) -> int:
    total = api.list(resource, {"limit": PAGE}).total_count
    return PAGE if total is None else max(PAGE, total // (MOST_PAGES // 2) + 1)


def _repeated(page: Exchange, id: str, before: int) -> Violation:
    return Violation(
        f"{page.label}: {id} is on this page, and was on the page from {before} already",
        expected="pages that have no resource in common",
        actual=", ".join(ids_in(page)[:5]),
        exchange=page,
    )


def _missing(
    page: Exchange, wanted: Sequence[str], seen: Mapping[str, int], query: Mapping[str, str]
) -> Violation | None:
    missing = [id for id in wanted if id not in seen]
    if not missing:
        return None
    which = f"with {'='.join(*query.items())} " if query else ""
    return Violation(
        f"the pages up to {page.label} hold {len(seen)} resources {which}without {', '.join(missing)}",
        expected=f"{', '.join(missing)} on one of the pages",
        actual=", ".join(list(seen)[:5]) or "nothing",
        exchange=page,
    )
