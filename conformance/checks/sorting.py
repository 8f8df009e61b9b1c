"""Sorting: the order of lists.

TMF630 makes sorting mandatory, yet no contract declares the parameter: a target that refuses it does not
offer it, and one that ignores it is warned, not failed.
"""

from __future__ import annotations

from itertools import pairwise
from urllib.parse import urlencode

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import MUST, SHOULD, Violation, check, not_applicable, observing, skip
from tmfrig.conformance.checks.matching import order
from tmfrig.conformance.checks.places import is_empty
from tmfrig.conformance.checks.refusing import NO_SUCH_NAME
from tmfrig.conformance.checks.samples import Samples, ids_in, is_complete, samples_of, selected
from tmfrig.conformance.checks.trying import three_selected
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import expect, show
from tmfrig.specs import Kind, Resource

_SOURCE = "TMF630 part 1, section 4.7, a MUST there, in no OpenAPI document; rule SORT-01"


@observing(
    "sort.order", SHOULD, "A sorted list is in the order that was asked for.", source=_SOURCE, on=Kind.LIST
)
def a_list_is_in_order(exchange: Exchange) -> None:
    asked = order(exchange)
    if asked is None or not exchange.ok or len(exchange.representations) < 2:
        not_applicable()
    values = [body.get(asked.name) for body in exchange.representations]
    for before, after in pairwise(values):
        if not asked.is_kept_by(before, after):
            way = "descending" if asked.descending else "ascending"
            raise Violation(
                f"{exchange.label}: {show(after)} follows {show(before)}",
                expected=f"{asked.name} {way}",
                actual=show(values[:6]),
                exchange=exchange,
            )


@check(
    "sort.directions",
    SHOULD,
    "Lists are sorted by an attribute, ascending by default and with +, descending with -.",
    source=_SOURCE,
    on=Kind.LIST,
    when=lambda resource: Kind.CREATE in resource.operations,
)
def lists_are_sorted_both_ways(api: Api, resource: Resource) -> None:
    samples = samples_of(api, resource)
    upwards = _upwards(samples)
    for sign, wanted in (("", upwards), ("-", upwards[::-1]), ("+", upwards)):
        _is_sorted(api, samples, f"{sign}{samples.telling}", wanted)


@check(
    "sort.several-keys",
    SHOULD,
    "Of several attributes in sort, the first one orders, and the next one what is equal in it.",
    source=_SOURCE,
    on=Kind.LIST,
    when=lambda resource: Kind.CREATE in resource.operations,
)
def lists_are_sorted_by_several_keys(api: Api, resource: Resource) -> None:
    samples = three_selected(api, resource)
    upwards = _upwards(samples)
    _needs_plain_sorting(api, samples, both_ways=True)
    common = next(iter(samples.selection))
    for sort, wanted in (
        (f"{common},-{samples.telling}", upwards[::-1]),
        (f"-{common},{samples.telling}", upwards),
        # the order of ids cannot be both of them
        (f"{samples.telling},id", upwards),
        (f"-{samples.telling},id", upwards[::-1]),
    ):
        _is_sorted(api, samples, sort, wanted)


@check(
    "sort.raw-plus",
    SHOULD,
    "A plus that is sent as it stands means ascending, although it reads as a blank.",
    source=_SOURCE,
    on=Kind.LIST,
    when=lambda resource: Kind.CREATE in resource.operations,
)
def a_plus_means_ascending(api: Api, resource: Resource) -> None:
    samples = three_selected(api, resource)
    _needs_plain_sorting(api, samples)
    query = f"{urlencode(samples.selection)}&sort=+{samples.telling}"
    label = f"GET {resource.path}?sort=+{samples.telling}, its plus not encoded"
    answer = api.request("GET", f"{resource.path}?{query}", label=label)
    expect(answer).status(200, 206, because="so TMF630 writes it")
    _are_in_order(answer, samples, _upwards(samples))


@check(
    "sort.pages",
    SHOULD,
    "Pages of a sorted list keep its order from one to the next.",
    source="TMF630 part 1, sections 4.5 and 4.7; rules SORT-01, PAGE-02",
    on=Kind.LIST,
    when=lambda resource: Kind.CREATE in resource.operations,
)
def pages_of_a_sorted_list_keep_its_order(api: Api, resource: Resource) -> None:
    samples = three_selected(api, resource)
    _needs_plain_sorting(api, samples, both_ways=True)
    _needs_pages(api, samples)
    upwards = _upwards(samples)
    for sort, wanted in ((samples.telling, upwards), (f"-{samples.telling}", upwards[::-1])):
        for offset, id in enumerate(wanted):
            query = {**samples.selection, "sort": sort, "limit": 1, "offset": offset}
            label = f"GET {resource.path} with sort={sort}, limit=1, offset={offset}"
            answer = api.list(resource, query, label=label, intent=Intent.OPEN)
            if not answer.ok:
                skip(f"sort together with limit and offset is refused with {answer.status}")
            if ids_in(answer) != [id]:
                shown = dict(zip(samples.ids, samples.values, strict=True))
                listed = ", ".join(shown.get(each, each) for each in ids_in(answer))
                raise Violation(
                    f"{label}: this page of a sorted list holds {listed or 'nothing'}",
                    expected=f"{shown[id]}, number {offset + 1} of {len(wanted)}",
                    actual=listed or "an empty list",
                    exchange=answer,
                )


@check(
    "sort.absent",
    SHOULD,
    "A sorted list holds what lacks the attribute as well.",
    source=_SOURCE,
    on=Kind.LIST,
    when=lambda resource: Kind.CREATE in resource.operations,
)
def what_lacks_the_attribute_is_listed(api: Api, resource: Resource) -> None:
    samples = three_selected(api, resource)
    name = next(iter(_lacked(samples)), None)
    if name is None:
        skip(f"there is no plain attribute that the three {resource.name} lack")
    _needs_plain_sorting(api, samples)
    label = f"GET {resource.path} with sort={name}, which three of the listed lack"
    answer = selected(api, resource, {**samples.selection, "sort": name}, samples.ids, label)
    expect(answer).not_a_server_error("sorting is offered, and some lack what there is to sort by")
    if not answer.ok:
        skip(f"sort={name} is refused with {answer.status}")
    missing = [id for id in samples.ids if id not in ids_in(answer)]
    if missing and is_complete(answer):
        raise Violation(
            f"{label}: {', '.join(missing)} are missing; sorting orders a list and selects nothing",
            expected="a list of all three",
            actual=", ".join(ids_in(answer)[:5]) or "an empty list",
            exchange=answer,
        )


@check(
    "sort.unknown-name",
    MUST,
    "Sorting by what no resource has is ignored or refused, never answered by a server error.",
    source="expected of any API; TMF630 part 1, section 4.7; rules SORT-01, ROB-03",
    on=Kind.LIST,
)
def an_unknown_name_is_no_server_error(api: Api, resource: Resource) -> str:
    label = f"GET {resource.path} with sort={NO_SUCH_NAME}"
    query = {"sort": NO_SUCH_NAME, "limit": 1}
    answer = api.list(resource, query, label=label, intent=Intent.OPEN)
    plain = api.list(resource, {"limit": 1}, intent=Intent.OPEN) if answer.status >= 500 else answer
    if plain.status < 500:
        expect(answer).not_a_server_error("it is the client's mistake")
    return f"answered {answer.status}"


def _lacked(samples: Samples) -> list[str]:
    """Plain texts that none of the samples has."""
    return [
        name
        for name, each in samples.resource.attributes.items()
        if each.type == "string"
        and not name.startswith("@")
        and all(is_empty(one.body.get(name)) for one in samples.instances)
    ]


def _upwards(samples: Samples) -> list[str]:
    return [id for _, id in sorted(zip(samples.values, samples.ids, strict=True))]


def _needs_plain_sorting(api: Api, samples: Samples, *, both_ways: bool = False) -> None:
    ways = {samples.telling: _upwards(samples)}
    if both_ways:
        ways[f"-{samples.telling}"] = _upwards(samples)[::-1]
    for sort, wanted in ways.items():
        label = f"GET {samples.resource.path} with sort={sort}"
        answer = selected(api, samples.resource, {**samples.selection, "sort": sort}, samples.ids, label)
        if not answer.ok or ids_in(answer) != wanted:
            skip(f"sort={sort} alone does not sort (a finding of sort.directions)")


def _needs_pages(api: Api, samples: Samples) -> None:
    pages = [
        ids_in(api.list(samples.resource, {**samples.selection, "limit": 1, "offset": number}))
        for number in range(len(samples.ids))
    ]
    if [len(page) for page in pages] != [1, 1, 1] or {each for page in pages for each in page} != set(
        samples.ids
    ):
        skip("pages of one resource do not make up the whole without sort either (a finding of page.walk)")


def _is_sorted(api: Api, samples: Samples, sort: str, wanted: list[str]) -> None:
    # A resource with but one text cannot be selected and sorted by it at once.
    selection = {} if samples.telling in samples.selection else samples.selection
    query = {**selection, "sort": sort}
    answer = selected(api, samples.resource, query, wanted, f"GET {samples.resource.path} with sort={sort}")
    if answer.status in (400, 401, 403, 422, 501):
        skip(f"sorting is not offered (sort={sort} was answered {answer.status})")
    expect(answer).status(200, 206)
    _are_in_order(answer, samples, wanted)


def _are_in_order(answer: Exchange, samples: Samples, wanted: list[str]) -> None:
    ours = [id for id in ids_in(answer) if id in wanted]
    if len(ours) < len(wanted):
        skip(f"the list does not show all three {samples.resource.name} among {len(ids_in(answer))}")
    if ours != wanted:
        shown = dict(zip(samples.ids, samples.values, strict=True))
        raise Violation(
            f"{answer.label}: {', '.join(shown[id] for id in ours)} come in this order",
            expected=", ".join(shown[id] for id in wanted),
            actual=", ".join(shown[id] for id in ours),
            exchange=answer,
        )
