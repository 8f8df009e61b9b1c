"""Filtering by JSONPath: the `filter` parameter, which a target need not offer (TMF630 part 6)."""

from __future__ import annotations

from urllib.parse import quote

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import MAY, MUST, SHOULD, Violation, check, skip
from tmfrig.conformance.checks.samples import Samples, ids_in, samples_of, selected
from tmfrig.conformance.checks.trying import Found, differs, three_selected, tried
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import expect
from tmfrig.specs import Kind, Resource


@check(
    "filter.jsonpath",
    MAY,
    "filter selects resources by a JSONPath expression.",
    source="TMF630 part 6, in no OpenAPI document; rule FILT-08",
    on=Kind.LIST,
    when=lambda resource: Kind.CREATE in resource.operations,
)
def lists_are_filtered_by_jsonpath(api: Api, resource: Resource) -> None:
    samples = samples_of(api, resource)
    answer = _by_equality(api, samples)
    expect(answer).status(200, 206)
    if ids_in(answer) != [samples.ids[0]]:
        raise Violation(
            f"{answer.label}: the list holds {len(answer.representations)}, of which one should be left",
            expected=f"only {samples.ids[0]}",
            actual=", ".join(ids_in(answer)[:5]) or "an empty list",
            exchange=answer,
        )


@check(
    "filter.jsonpath-selects",
    SHOULD,
    "Where filter is offered, an expression selects what it says: by equality and inequality, and, or.",
    source="TMF630 part 6; RFC 9535, filter selectors; rule FILT-08",
    on=Kind.LIST,
    when=lambda resource: Kind.CREATE in resource.operations,
)
def a_jsonpath_selects_what_it_says(api: Api, resource: Resource) -> str | None:
    samples = three_selected(api, resource)
    name, (first, second, _) = samples.telling, samples.values
    equal = _filtered(api, samples, f'@.{name}=="{first}"')
    differs(equal, samples, samples.ids[:1])
    if equal.found != {samples.ids[0]}:
        skip(f"filter is not offered, or has another meaning here ({equal.shown})")
    common, token = next(iter(samples.selection.items()))
    others = {
        f'@.{name}!="{first}"': samples.ids[1:],
        f'@.{name}=="{first}" || @.{name}=="{second}"': samples.ids[:2],
        f'@.{common}=="{token}" && @.{name}=="{second}"': samples.ids[1:2],
    }
    refused = []
    for expression, wanted in others.items():
        found = _filtered(api, samples, expression)
        if not found.answer.ok:
            refused.append(expression)
        elif found.is_whole:
            # who understands the one is understood to have read the other: nothing found is wrong as well
            differs(found, samples, wanted, offered=True)
    return f"not offered: {', '.join(refused)}" if refused else None


@check(
    "filter.jsonpath-malformed",
    MUST,
    "A JSONPath filter that cannot be read is refused with 400; one that is not supported with 501.",
    source="TMF630 part 6; rule FILT-08",
    on=Kind.LIST,
    when=lambda resource: Kind.CREATE in resource.operations,
)
def a_broken_jsonpath_is_refused(api: Api, resource: Resource) -> None:
    samples = samples_of(api, resource)
    answer = _by_equality(api, samples)
    expect(answer).not_a_server_error("the expression is right, and 501 says that it is not supported")
    if not answer.ok or ids_in(answer) != [samples.ids[0]]:
        skip("filter is not offered, or has another meaning here")
    label = f"GET {resource.path} with a JSONPath filter that is cut off"
    broken = api.list(resource, {"filter": "$[?(@."}, label=label, intent=Intent.INVALID)
    expect(broken).status(400, 422, 501, because="the expression cannot be read")


def _by_equality(api: Api, samples: Samples) -> Exchange:
    expression = f'$[?(@.{samples.telling}=="{samples.values[0]}")]'
    label = f"GET {samples.resource.path} with filter={expression}"
    return selected(api, samples.resource, {"filter": expression}, [samples.ids[0]], label)


def _filtered(api: Api, samples: Samples, condition: str) -> Found:
    expression = f"$[?({condition})]"
    return tried(api, samples, f"filter={quote(expression, safe='')}", named=f"filter={expression}")
