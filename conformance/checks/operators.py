"""Operators and paths in filters: what TMF630 lets a target offer, and what it then means."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta, timezone
from typing import TypeAlias
from urllib.parse import quote

from tmfrig.conformance.api import Api, Instance
from tmfrig.conformance.check import SHOULD, CannotJudge, Skipped, Violation, check, skip
from tmfrig.conformance.checks.elements import lists_of_choice, told_by
from tmfrig.conformance.checks.matching import OPTIONAL
from tmfrig.conformance.checks.places import instant
from tmfrig.conformance.checks.samples import Samples, can_be_filled, ids_in, is_complete, selected
from tmfrig.conformance.checks.trying import differs, three_selected, tried
from tmfrig.specs import Kind, Resource

_ELSEWHERE = timezone(timedelta(hours=-8))


@dataclass(frozen=True, slots=True)
class _Comparison:
    """An operator as a suffix and as signs, and which of three in order it leaves, asked about the middle
    one."""

    suffix: str
    signs: str
    leaves: slice


_COMPARISONS = (
    _Comparison("gt", ">", slice(2, 3)),
    _Comparison("gte", ">=", slice(1, 3)),
    _Comparison("lt", "<", slice(0, 1)),
    _Comparison("lte", "<=", slice(0, 2)),
    _Comparison("eq", "==", slice(1, 2)),
)


_Written: TypeAlias = Callable[[str, _Comparison, str], str]
"""How an attribute, an operator and a value are written as a query."""


@check(
    "filter.operators",
    SHOULD,
    "Where .gt, .gte, .lt, .lte, .eq and .regex are offered, they select what they say.",
    source="TMF630 part 1, section 4.4, which leaves open whether they are offered; rule FILT-04",
    on=Kind.LIST,
    when=can_be_filled,
)
def suffixes_compare(api: Api, resource: Resource) -> str:
    samples = three_selected(api, resource)
    pattern = f"^{samples.values[1][:-1]}[{samples.values[1][-1]}]$"
    return _compared(
        api,
        samples,
        [
            *_asked(samples, lambda name, each, value: f"{name}.{each.suffix}={quote(value, safe=':')}"),
            (f".regex={pattern}", f"{samples.telling}.regex={quote(pattern)}", samples.ids[1:2]),
        ],
    )


@check(
    "filter.literals",
    SHOULD,
    "Where comparisons in encoded signs are offered (%3E, %3E%3D, %3C, %3C%3D, %3D%3D), they select what they"
    " say.",
    source="TMF630 part 1, section 4.4, which leaves open whether they are offered; rule FILT-05",
    on=Kind.LIST,
    when=can_be_filled,
)
def encoded_signs_compare(api: Api, resource: Resource) -> str:
    samples = three_selected(api, resource)
    asked = _asked(samples, lambda name, each, value: f"{name}{quote(each.signs)}{quote(value, safe=':')}")
    return _compared(api, samples, list(asked))


def _asked(samples: Samples, written: _Written) -> Iterator[tuple[str, str, Sequence[str]]]:
    """For each operator and attribute: its name, the query, and the ids of what it leaves."""
    attributes = [(samples.telling, samples.values, list(samples.values))]
    if samples.dated is not None:
        # in another zone, where comparing dates as texts goes wrong
        moments = [moment for each in samples.moments if (moment := instant(each)) is not None]
        said = [each.astimezone(_ELSEWHERE).isoformat() for each in moments]
        attributes.append((samples.dated, [each.isoformat() for each in moments], said))
    for name, values, said in attributes:
        upwards = sorted(range(len(values)), key=lambda index: values[index])
        for each in _COMPARISONS:
            query = written(name, each, said[upwards[1]])
            yield f"{name} {each.signs}", query, [samples.ids[index] for index in upwards[each.leaves]]


def _compared(api: Api, samples: Samples, asked: Sequence[tuple[str, str, Sequence[str]]]) -> str:
    offered = []
    for name, query, wanted in asked:
        found = tried(api, samples, query)
        differs(found, samples, wanted)
        if found.found == set(wanted):
            offered.append(name)
    if not offered:
        skip("none of the operators is offered")
    return f"offered: {', '.join(offered)}"


@check(
    "filter.dotted",
    SHOULD,
    "Where a filter may name an attribute inside a list, any element of the list may have the value.",
    source="TMF630 part 1, section 4.4; conformance profiles, optional at all levels; rule FILT-06",
    on=Kind.LIST,
    when=can_be_filled,
)
def any_element_may_have_the_value(api: Api, resource: Resource) -> None:
    path, value, (first, second, other) = _with_elements(api, resource)
    label = f"GET {resource.path} with {path}={value}"
    wanted = {first.id, second.id}
    answer = selected(api, resource, {path: value}, [*wanted], label, tags=(OPTIONAL,))
    found = set(ids_in(answer))
    if not answer.ok or not is_complete(answer) or not found or other.id in found:
        shown = f"{len(found)} listed" if answer.ok else f"answered {answer.status}"
        skip(f"{path} is not offered as a filter ({shown})")
    if found != wanted:
        what = {first.id: "with it as its only element", second.id: "with it as its second element"}
        raise Violation(
            f"{answer.label}: of the two {resource.name} that have the value, the list holds the one "
            f"{', '.join(what.get(id, f'called {id}') for id in sorted(found)[:3])}",
            expected=", ".join(sorted(wanted)),
            actual=", ".join(sorted(found)[:5]),
            exchange=answer,
        )


def _with_elements(api: Api, resource: Resource) -> tuple[str, str, list[Instance]]:
    """A path into a list, a value, and three instances: two with the value in an element, and one without."""
    reason = f"{resource.name} has no list of the client's choice whose elements could be told apart"
    for name, element, _ in lists_of_choice(api, resource)[:1]:
        key = told_by(element) or ""
        value, another = f"rig-{uuid.uuid4().hex[:8]}", f"rig-{uuid.uuid4().hex[:8]}"
        one, two = element | {key: value}, element | {key: another}
        two |= {"id": "another"} if "id" in element else {}
        try:
            made = [
                api.fresh(resource, api.payload(resource) | {name: each})
                for each in ([one], [two, one], [two])
            ]
        except CannotJudge as refusal:
            reason = str(refusal)
            continue
        if all(
            isinstance(each.body.get(name), list) and len(each.body[name]) == count
            for each, count in zip(made, (1, 2, 1), strict=True)
        ):
            return f"{name}.{key}", value, made
        reason = f"{name} was sent, but the new {resource.name} does not show it"
    raise Skipped(reason)
