"""Consistency: whichever way a resource is looked at, it is the same one, as it was written last.

No document of TM Forum says so, as nobody doubts it. Lists may learn of a change a little later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tmfrig.conformance.api import Api, Instance, identity
from tmfrig.conformance.check import SHOULD, CannotJudge, Skipped, Suite, Violation, check, skip
from tmfrig.conformance.checks.merging import accepted, fresh_with_texts
from tmfrig.conformance.checks.places import instant, is_empty
from tmfrig.conformance.checks.retrieving import SETTLING, settled
from tmfrig.conformance.checks.samples import ids_in, selected
from tmfrig.conformance.exchange import ACCEPTED, Exchange, Intent
from tmfrig.conformance.expect import describe_answer, same_json, same_url, show
from tmfrig.specs import Kind, Resource

_EXPECTED = "expected of any API"
_MOST_PAGES = 20


@check(
    "consistency.created",
    SHOULD,
    "What was created can be read as soon as the create is answered.",
    source=f"{_EXPECTED}; rule CONS-01",
    on=Kind.CREATE,
    when=lambda resource: Kind.RETRIEVE in resource.operations,
)
def what_was_created_is_read_at_once(api: Api, resource: Resource) -> None:
    mine = api.fresh(resource)
    if mine.exchange.status == ACCEPTED:
        skip("creates are answered 202: they are carried out later")
    label = f"GET {resource.path}/{{id}}, the next request after its creation"
    shown = api.retrieve(resource, mine.id, label=label, intent=Intent.OPEN)
    # whoever never shows it is blamed by retrieve.created
    if not shown.ok and settled(api, mine, lambda later: later.ok) is not None:
        raise Violation(
            f"{label}: answered {shown.status}, although POST was answered {mine.exchange.status} before",
            expected="200 OK",
            actual=describe_answer(shown),
            exchange=shown,
        )


@check(
    "consistency.patched",
    SHOULD,
    "What was patched is read as it is now, as soon as the PATCH is answered.",
    source=f"{_EXPECTED}; rule CONS-01",
    on=Kind.PATCH,
    when=lambda resource: Kind.RETRIEVE in resource.operations,
)
def what_was_patched_is_read_at_once(api: Api, resource: Resource) -> None:
    mine = api.fresh(resource)
    # a first look, after which a cache would know it as it was
    api.retrieve(resource, mine.id, intent=Intent.OPEN)
    change = api.change(mine)
    name, value = next(iter(change.items()))
    answer = accepted(api, mine, change)
    if answer.status == ACCEPTED:
        skip("a PATCH is answered 202: it is carried out later")
    label = f"GET {resource.path}/{{id}}, the next request after a PATCH of {name}"
    shown = api.retrieve(resource, mine.id, label=label, intent=Intent.OPEN)
    now = shown.representations[0].get(name) if shown.representations else None
    # whoever never shows the change is blamed by patch.changes
    if (
        same_json(now, mine.body.get(name))
        and not same_json(now, value)
        and _shows_later(api, mine, name, value)
    ):
        raise Violation(
            f"{label}: {name} is {show(now)}, as it was before",
            expected=f"{name} {show(value)}",
            actual=f"{name} {show(now)}",
            exchange=shown,
        )


def _shows_later(api: Api, mine: Instance, name: str, value: Any) -> bool:
    def has_changed(shown: Exchange) -> bool:
        return bool(shown.representations) and same_json(shown.representations[0].get(name), value)

    return settled(api, mine, has_changed) is not None


@check(
    "consistency.deleted",
    SHOULD,
    "What was deleted is gone as soon as the DELETE is answered.",
    source=f"{_EXPECTED}; rule CONS-01",
    on=Kind.DELETE,
    when=lambda resource: Kind.RETRIEVE in resource.operations,
)
def what_was_deleted_is_gone_at_once(api: Api, resource: Resource) -> None:
    mine = api.fresh(resource)
    # a first look, after which a cache would know it
    api.retrieve(resource, mine.id, intent=Intent.OPEN)
    answer = api.delete(resource, mine.id, intent=Intent.OPEN)
    if not answer.ok or answer.status == ACCEPTED:
        skip(f"DELETE was not carried out at once: {describe_answer(answer)}")
    label = f"GET {resource.path}/{{id}}, the next request after its deletion"
    shown = api.retrieve(resource, mine.id, label=label, intent=Intent.OPEN)
    # whoever shows it for ever is blamed by delete.gone
    if shown.ok and settled(api, mine, lambda later: later.is_error) is not None:
        raise Violation(
            f"{label}: answered {shown.status}, although DELETE was answered {answer.status} before",
            expected="404 Not Found",
            actual=describe_answer(shown),
            exchange=shown,
        )


@check(
    "consistency.list",
    SHOULD,
    "A list shows a resource as it is shown by its id, also after a change.",
    source=f"{_EXPECTED}; rules CONS-02, FIELDS-03",
    on=Kind.LIST,
    when=lambda resource: {Kind.RETRIEVE, Kind.CREATE} <= resource.operations.keys(),
)
def lists_agree_with_the_resource(api: Api, resource: Resource) -> None:
    mine = fresh_with_texts(api, resource)
    query = {"id": mine.id}
    if mine.id not in ids_in(selected(api, resource, query, [mine.id])):
        skip(f"lists do not show {resource.name} {mine.id} when they are filtered by its id")
    if Kind.PATCH in resource.operations:
        _changed_if_possible(api, mine)
    listed, difference = _compared(api, mine, query)

    def look() -> Exchange:
        nonlocal listed, difference
        listed, difference = _compared(api, mine, query)
        return listed

    if difference is not None and api.wait_until(look, lambda _: difference is None, within=SETTLING) is None:
        name, there, here = difference
        raise Violation(
            f"{listed.label}: {name} of {mine.id} is {show(here)} in the list, and {show(there)} by its id",
            expected=f"{name} {show(there)}",
            actual=f"{name} {show(here)}",
            exchange=listed,
        )


def _changed_if_possible(api: Api, mine: Instance) -> None:
    try:
        accepted(api, mine, api.change(mine))
    except (CannotJudge, Skipped):
        return


def _compared(
    api: Api, mine: Instance, query: Mapping[str, str]
) -> tuple[Exchange, tuple[str, Any, Any] | None]:
    """A list, and the first attribute in which it differs from the resource: its name and the two values."""
    resource = mine.resource
    label = f"GET {resource.path} filtered by an id"
    listed = api.list(resource, query, label=label, intent=Intent.OPEN)
    single = api.retrieve(resource, mine.id, intent=Intent.OPEN)
    here = next((each for each in listed.representations if identity(each) == mine.id), None)
    there = next(iter(single.representations), None)
    if here is None or there is None:
        return listed, None
    for name, value in there.items():
        # what a list leaves out is the matter of fields.complete
        shown = name in here and name not in ("id", "href")
        if shown and not is_empty(value) and not _same(value, here[name], listed.url):
            return listed, (name, value, here[name])
    return listed, None


def _same(one: Any, other: Any, base: str) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return all(_same(one[name], other.get(name), base) for name in one if not is_empty(one[name]))
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_same(*pair, base) for pair in zip(one, other, strict=True))
    if isinstance(one, str) and isinstance(other, str):
        moment = instant(one)
        return one == other or (moment is not None and moment == instant(other)) or same_url(one, other, base)
    return same_json(one, other)


@check(
    "consistency.count",
    SHOULD,
    "X-Total-Count of the whole collection is the number of resources that its pages hold.",
    source=f"{_EXPECTED}; rules CONS-03, PAGE-03",
    on=Kind.LIST,
    suite=Suite.full,
)
def the_count_of_everything_is_true(api: Api, resource: Resource) -> str | None:
    _deleted_if_possible(api, resource)
    problem: Violation | None = None
    for _ in range(3):
        # Others create and delete meanwhile: only a count that was the same all the time says anything.
        before = _total(api, resource)
        found, last = _walked(api, resource, before)
        if found is None:
            return f"there are too many {resource.name} to count"
        if _total(api, resource) != before:
            continue
        if found == before:
            return None
        problem = Violation(
            f"{last.label}: the pages hold {found} {resource.name}, X-Total-Count says {before}",
            expected=f"X-Total-Count: {found}",
            actual=f"X-Total-Count: {before}",
            exchange=last,
        )
    if problem is None:
        skip("others add and remove resources all the time: there is nothing to compare with")
    raise problem


def _deleted_if_possible(api: Api, resource: Resource) -> None:
    """Create and delete one: a count that only ever grows is wrong from then on."""
    try:
        if Kind.DELETE in resource.operations:
            api.delete(resource, api.fresh(resource).id, intent=Intent.OPEN)
    except (CannotJudge, Skipped):
        return


def _total(api: Api, resource: Resource) -> int:
    answer = api.list(resource, {"limit": 1}, label=f"GET {resource.path} with limit=1, for its count")
    total = answer.total_count
    if total is None or not answer.ok:
        skip("there is no X-Total-Count to compare with (a finding of page.total-count)")
    return total


def _walked(api: Api, resource: Resource, total: int) -> tuple[int | None, Exchange]:
    """How many different resources the pages hold, None when they are too many, and the last page."""
    seen: set[str] = set()
    limit = max(10, total // (_MOST_PAGES // 2) + 1)
    if limit > 500:
        return None, api.list(resource, {"limit": 1})
    offset = 0
    for _ in range(_MOST_PAGES):
        label = f"GET {resource.path} with limit={limit}, offset={offset}"
        query = {"limit": limit, "offset": offset, "fields": "id"}
        page = api.list(resource, query, label=label, intent=Intent.OPEN)
        ids = ids_in(page)
        seen.update(ids)
        offset += len(ids)
        if not ids:
            return len(seen), page
    return None, page
