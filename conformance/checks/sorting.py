"""Sorting: the order of lists.

TMF630 makes sorting mandatory, yet no contract declares the parameter: a target that refuses it does not
offer it, and one that ignores it is warned, not failed.
"""

from __future__ import annotations

from itertools import pairwise

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import SHOULD, Violation, check, not_applicable, observing, skip
from tmfrig.conformance.checks.matching import order
from tmfrig.conformance.checks.samples import Samples, ids_in, samples_of, selected
from tmfrig.conformance.exchange import Exchange
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
    upwards = [id for _, id in sorted(zip(samples.values, samples.ids, strict=True))]
    for sign, wanted in (("", upwards), ("-", upwards[::-1]), ("+", upwards)):
        _is_sorted(api, samples, f"{sign}{samples.telling}", wanted)


def _is_sorted(api: Api, samples: Samples, sort: str, wanted: list[str]) -> None:
    # A resource with but one text cannot be selected and sorted by it at once.
    selection = {} if samples.telling in samples.selection else samples.selection
    query = {**selection, "sort": sort}
    answer = selected(api, samples.resource, query, wanted, f"GET {samples.resource.path} with sort={sort}")
    if answer.status in (400, 401, 403, 422, 501):
        skip(f"sorting is not offered (sort={sort} was answered {answer.status})")
    expect(answer).status(200, 206)
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
