"""Alternatives: filters that leave what has one of several values, in the three notations of TMF630.

Each notation is judged by itself: parsers of URLs may take a semicolon, or join repeated parameters, before a
target sees them.
"""

from __future__ import annotations

from urllib.parse import quote

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import SHOULD, Violation, check, skip
from tmfrig.conformance.checks.samples import Samples, can_be_filled, ids_in, samples_of, selected
from tmfrig.conformance.checks.trying import tried
from tmfrig.specs import Kind, Resource

_SOURCE = "TMF630 part 1, section 4.4; rule FILT-03"


@check(
    "filter.or-comma",
    SHOULD,
    "Values with commas between them are alternatives: a=x,y.",
    source=_SOURCE,
    on=Kind.LIST,
    when=can_be_filled,
)
def commas_separate_alternatives(api: Api, resource: Resource) -> None:
    _selects_either(api, resource, "{name}={one},{other}")


@check(
    "filter.or-repeated",
    SHOULD,
    "A filter that is given twice has alternatives: a=x&a=y.",
    source=_SOURCE,
    on=Kind.LIST,
    when=can_be_filled,
)
def repeated_filters_are_alternatives(api: Api, resource: Resource) -> None:
    _selects_either(api, resource, "{name}={one}&{name}={other}")


@check(
    "filter.or-semicolon",
    SHOULD,
    "Filters with semicolons between them are alternatives: a=x;a=y.",
    source=_SOURCE,
    on=Kind.LIST,
    when=can_be_filled,
)
def semicolons_separate_alternatives(api: Api, resource: Resource) -> None:
    _selects_either(api, resource, "{name}={one};{name}={other}")


def _selects_either(api: Api, resource: Resource, notation: str) -> None:
    samples = samples_of(api, resource)
    wanted = _two_that_can_be_found(api, samples)
    # the first and the last one: neither a prefix of the list nor one next to the other
    one, other = samples.values[0], samples.values[2]
    query = notation.format(name=samples.telling, one=quote(one), other=quote(other))
    found = tried(api, samples, query, alone=True)
    if not found.answer.ok:
        skip(f"refused with {found.answer.status}: alternatives are not offered in this notation")
    if found.found == wanted or (found.found < wanted and not found.is_whole):
        return
    names = dict(zip(samples.ids, samples.values, strict=True))
    listed = sorted(names.get(id, id) for id in found.found)
    raise Violation(
        f"{found.answer.label}: the list holds {', '.join(listed[:4]) or 'nothing'}"
        + (f" and {len(listed) - 4} more" if len(listed) > 4 else ""),
        expected=f"{one} and {other}",
        actual=", ".join(listed[:4]) or "an empty list",
        exchange=found.answer,
    )


def _two_that_can_be_found(api: Api, samples: Samples) -> set[str]:
    wanted = {samples.ids[0], samples.ids[2]}
    for id, value in ((samples.ids[0], samples.values[0]), (samples.ids[2], samples.values[2])):
        if ids_in(selected(api, samples.resource, {samples.telling: value}, [id])) != [id]:
            skip("one value alone does not select its resource (a finding of filter.finds)")
    return wanted
