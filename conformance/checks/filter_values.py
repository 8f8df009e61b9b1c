"""Values in filters: of every type, in need of encoding, and together with attribute selection."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from tmfrig.conformance.api import Api, Instance
from tmfrig.conformance.check import MAY, MUST, SHOULD, CannotJudge, Violation, check, skip
from tmfrig.conformance.checks.matching import OPTIONAL, written
from tmfrig.conformance.checks.patience import in_time
from tmfrig.conformance.checks.places import instant, is_empty
from tmfrig.conformance.checks.samples import (
    Samples,
    can_be_filled,
    ids_in,
    is_complete,
    is_settled,
    is_there,
    samples_of,
    selected,
    texts,
)
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import expect, show
from tmfrig.specs import Kind, Resource

_SOURCE = "TMF630 part 1, section 4.4; conformance profiles, filtered search"
_NUMBERS = frozenset({"integer", "number"})
_SCALARS = _NUMBERS | {"string", "boolean"}
_WILDCARDS = ("*", "%")
_TO_BE_ENCODED = 'Müller & Söhne "No. 1" = 50% + more / all? #7 %41'


@check(
    "filter.types",
    MUST,
    "A filter finds by values of every type: truths, numbers, dates and listed values.",
    source=f"{_SOURCE}; rules FILT-01, FILT-02",
    on=Kind.LIST,
    when=lambda resource: {Kind.CREATE, Kind.RETRIEVE} <= resource.operations.keys(),
)
def values_of_every_type_are_found(api: Api, resource: Resource) -> str | None:
    samples = samples_of(api, resource)
    instance = _with_numbers(api, samples)
    id, mine = instance.id, {samples.telling: instance.body[samples.telling]}
    for known in (mine, mine | {"id": id}):
        if id not in ids_in(selected(api, resource, known, [id])):
            skip(f"a filter by {' and '.join(known)} does not find it either (a finding of filter.finds)")
    # where the second of two filters is not heard, what another value finds says nothing
    nothing = api.list(resource, mine | {"id": api.unknown_id(resource)}, intent=Intent.OPEN)
    both_count = nothing.ok and not nothing.representations
    refused = []
    for name, value in _shown(api, instance).items():
        attribute = resource.attributes.get(name)
        plain = attribute is not None and attribute.type in _SCALARS and name not in _moving(resource)
        a_plain_text = attribute is not None and attribute.type == "string" and not attribute.format
        if attribute is None or not plain or a_plain_text or is_empty(value):
            continue
        label = f"GET {resource.path}?{name}={written(value)}, and the {samples.telling} of one that has it"
        answer = api.list(resource, {**mine, name: written(value)}, label=label, intent=Intent.OPEN)
        if not answer.ok:
            refused.append(name)
        elif id not in ids_in(answer) and _shown(api, instance).get(name) == value:
            raise Violation(
                f"{label}: {id} is not in the list, although it shows {name} {show(value)}",
                expected=f"a list with {id}",
                actual=", ".join(ids_in(answer)[:5]) or "an empty list",
                exchange=answer,
            )
        elif both_count:
            _is_not_found_by_another(api, instance, mine, name, value)
    return f"not to be filtered by: {', '.join(refused)}" if refused else None


def _with_numbers(api: Api, samples: Samples) -> Instance:
    """A sample, or one more of its kind that has numbers as well, where a client may say some."""
    sample, resource = samples.instances[0], samples.resource
    created = resource.creation.attributes if resource.creation else {}
    numeric = {name for name, each in created.items() if each.type in _NUMBERS} & resource.attributes.keys()
    lacking = {name for name in numeric if is_empty(sample.body.get(name))}
    if not lacking:
        return sample
    full, value = api.full_payload(resource), f"rig-{uuid.uuid4().hex[:8]}"
    numbers = {name: full[name] for name in sorted(lacking & full.keys())}
    try:
        found = api.fresh(resource, api.payload(resource) | numbers | {samples.telling: value})
    except CannotJudge:
        return sample  # numbers may have a meaning that a business does not like
    return found if found.body.get(samples.telling) == value else sample


def _is_not_found_by_another(
    api: Api, instance: Instance, mine: dict[str, str], name: str, value: Any
) -> None:
    """Violation where a filter by a value that is near to the one that it has finds it as well."""
    moment, other = instant(value), value
    if moment is not None:
        other = (moment + timedelta(seconds=1)).isoformat()
    elif isinstance(value, bool):
        other = not value
    elif isinstance(value, int | float):
        other = value + 1
    if other == value:
        return
    id, path = instance.id, instance.resource.path
    label = f"GET {path}?{name}={written(other)}, and the {next(iter(mine))} of one that has not"
    query = {**mine, name: written(other)}
    answer = api.request("GET", path, query=query, label=label, intent=Intent.OPEN, tags=(OPTIONAL,))
    if id in ids_in(answer) and _shown(api, instance).get(name) == value:
        raise Violation(
            f"{label}: {id} is in the list, although its {name} is {show(value)}",
            expected="an empty list",
            actual=f"a list with {id}",
            exchange=answer,
        )


def _shown(api: Api, instance: Instance) -> dict[str, Any]:
    answer = api.retrieve(instance.resource, instance.id, intent=Intent.OPEN)
    return answer.representations[0] if answer.representations else {}


def _moving(resource: Resource) -> set[str]:
    return {"lastUpdate", "completionDate", resource.state_attribute or "", "id", "href"}


@check(
    "filter.encoded",
    MUST,
    "A value that is percent-encoded in a filter is found as what it stands for.",
    source=f"{_SOURCE}; RFC 3986, section 2.4; rule FILT-01",
    on=Kind.LIST,
    when=can_be_filled,
)
def encoded_values_are_found(api: Api, resource: Resource) -> None:
    _is_found(api, resource, _TO_BE_ENCODED)


@check(
    "filter.encoded-comma",
    # most frameworks decode a query before anybody can tell a separator from a part of a value
    MAY,
    "An encoded comma or semicolon in a filter is part of the value.",
    source=f"{_SOURCE}; RFC 3986, section 2.2; rules FILT-01, FILT-03",
    on=Kind.LIST,
    when=can_be_filled,
)
def encoded_separators_are_found(api: Api, resource: Resource) -> None:
    _is_found(api, resource, "Nygade 4, 2. th; Aarhus", safe="")


def _is_found(api: Api, resource: Resource, text: str, safe: str = ",") -> None:
    """A text is found by itself, when all of it is encoded but the `safe` characters."""
    name = next(iter(texts(resource)), None)
    if name is None:
        skip(f"{resource.name} has no text of the client's choice")
    value = f"{text} {uuid.uuid4().hex[:8]}"
    try:
        mine = api.fresh(resource, api.payload(resource) | {name: value})
    except CannotJudge as refusal:
        skip(f"a {name} of this kind is refused: {refusal}")
    if mine.body.get(name) != value:
        skip(f"{name} was sent as {show(value)}, and is {show(mine.body.get(name))}")
    label = f"GET {resource.path} with {name}={value}, encoded"
    path = f"{resource.path}?{quote(name)}={quote(value, safe=safe)}"

    def ask() -> Exchange:
        return api.request("GET", path, label=label, intent=Intent.OPEN, tags=(OPTIONAL,))

    answer = in_time(api, ask, lambda each: is_settled(each, [mine.id])) or ask()
    if answer.status in (401, 403):
        skip(f"the filtered list was refused with {answer.status}")
    expect(answer).status(200, 206, because="every first-level attribute can be filtered by")
    if mine.id in ids_in(answer):
        return
    if answer.representations and not is_complete(answer):
        skip("the list is longer than its first page")
    plain = selected(api, resource, {"id": mine.id}, [mine.id])
    if not is_there(api, resource, mine.id) or mine.id not in ids_in(plain):
        skip("a filter by its id does not find it either (a finding of filter.finds-mandatory)")
    _blame(answer, mine, name, value)


def _blame(answer: Exchange, mine: Instance, name: str, value: str) -> None:
    raise Violation(
        f"{answer.label}: {mine.id} is not in the list, although its {name} is {show(value)}",
        expected=f"a list with {mine.id}",
        actual=f"{len(answer.representations)} others" if answer.representations else "an empty list",
        exchange=answer,
    )


@check(
    "filter.literal",
    SHOULD,
    "A value in a filter stands for itself: its signs are no wildcards.",
    source=f"{_SOURCE}, by equality; rule FILT-01",
    on=Kind.LIST,
    when=can_be_filled,
)
def signs_stand_for_themselves(api: Api, resource: Resource) -> None:
    samples = samples_of(api, resource)
    first, begun = samples.ids[0], samples.values[0][:-1]
    for sign in ("0", *_WILDCARDS):
        value = f"{begun}{sign}"
        label = f"GET {resource.path}?{samples.telling}={value}, which nothing has"
        query = {samples.telling: value}
        answer = api.request(
            "GET", resource.path, query=query, label=label, intent=Intent.OPEN, tags=(OPTIONAL,)
        )
        if not answer.ok or first not in ids_in(answer):
            continue
        if sign not in _WILDCARDS:
            skip(f"another value finds {first} as well (a finding of filter.equality)")
        raise Violation(
            f"{label}: {first} is in the list, although its {samples.telling} is {samples.values[0]}",
            expected="an empty list",
            actual=f"{len(answer.representations)} listed, of which {first} is one",
            exchange=answer,
        )


@check(
    "filter.with-fields",
    SHOULD,
    "A filter and attribute selection work together: what is filtered by need not be selected.",
    source="TMF630 part 1, section 4.6; rule FILT-07",
    on=Kind.LIST,
    when=can_be_filled,
)
def filters_and_fields_combine(api: Api, resource: Resource) -> None:
    samples = samples_of(api, resource)
    id, query = samples.ids[1], {samples.telling: samples.values[1]}
    if ids_in(selected(api, resource, query, [id])) != [id]:
        skip("the filter alone does not select it (a finding of filter.finds)")
    label = f"GET {resource.path} filtered by {samples.telling}, with fields=id"
    answer = api.list(resource, {**query, "fields": "id"}, label=label, intent=Intent.OPEN)
    expect(answer).status(200, 206, because="each of the two is offered alone")
    if ids_in(answer) != [id]:
        raise Violation(
            f"{label}: {len(answer.representations)} are listed, of which one has the value",
            expected=f"{id} alone",
            actual=", ".join(ids_in(answer)[:5]) or "an empty list",
            exchange=answer,
        )
