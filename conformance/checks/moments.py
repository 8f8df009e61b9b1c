"""Moments that the server sets: when something was created, ended or took effect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tmfrig.conformance.api import NOT_OFFERED, Api
from tmfrig.conformance.check import MUST, CannotJudge, Skipped, Violation, check, skip
from tmfrig.conformance.checks.patching import patched
from tmfrig.conformance.checks.places import instant
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import show
from tmfrig.specs import Kind, Resource

LONG_AGO = "1999-12-31T23:59:59Z"
_ROUNDING = 1.0
"""Seconds that a moment may lose when it is stored."""


def _set_by_server(resource: Resource) -> list[str]:
    """Moments of the representation that a client cannot send with a create."""
    return [name for name in sorted(resource.server_set) if resource.attributes[name].format == "date-time"]


def _of_creation(resource: Resource) -> list[str]:
    """Those of them that tell when the resource came to be."""
    names = {"orderDate", "creationDate", f"{resource.name}Date".lower()}
    return [each for each in _set_by_server(resource) if each in names or each.lower() in names]


@check(
    "create.server-dates",
    MUST,
    "Moments that the server sets are not taken from the client.",
    source="the API's OpenAPI document, dates absent from POST; conformance profiles; rules ID-03, STATE-01",
    on=Kind.CREATE,
    when=lambda resource: bool(_set_by_server(resource)),
)
def the_server_sets_its_dates(api: Api, resource: Resource) -> str | None:
    names = _set_by_server(resource)
    label = f"POST {resource.path} with {', '.join(names)} of long ago"
    body = api.payload(resource) | dict.fromkeys(names, LONG_AGO)
    answer = api.create(resource, body, label=label, intent=Intent.OPEN)
    if answer.status in NOT_OFFERED:
        skip(f"POST {resource.path} is not offered (answered {answer.status})")
    if 400 <= answer.status < 500:
        return f"refused with {answer.status}, which is as right as ignoring them"
    if not answer.representations:
        raise CannotJudge("the answer shows nothing of what was created")
    shown = answer.representations[0]
    taken = [name for name in names if instant(shown.get(name)) == instant(LONG_AGO)]
    if taken:
        raise Violation(
            f"{label}: the new {resource.name} has the {' and '.join(taken)} that the client sent",
            expected=f"{', '.join(taken)} of the server's own or absent, or a 4xx status",
            actual=show({name: shown[name] for name in taken}),
            exchange=answer,
        )
    return None


@check(
    "create.date-stays",
    MUST,
    "The moment at which something was created stays what it was, whatever happens to it.",
    source="the API's OpenAPI document, dates absent from POST and PATCH; conformance profiles; rule ID-04",
    on=Kind.RETRIEVE,
    when=lambda resource: bool(_of_creation(resource)) and Kind.CREATE in resource.operations,
)
def the_date_of_creation_stays(api: Api, resource: Resource) -> str | None:
    mine = api.fresh(resource)
    names = [name for name in _of_creation(resource) if instant(mine.body.get(name)) is not None]
    if not names:
        skip(f"the new {resource.name} shows no {', '.join(_of_creation(resource))}")
    _same(names, mine.body, api.retrieve(resource, mine.id, label=f"GET {resource.path}/{{id}} of a new one"))
    if Kind.PATCH not in resource.operations:
        return None
    try:
        answer = patched(api, mine, api.change(mine), intent=Intent.OPEN)
    except Skipped as reason:
        return f"not looked at after a change: {reason}"
    _same(names, mine.body, answer)
    _same(
        names, mine.body, api.retrieve(resource, mine.id, label=f"GET {resource.path}/{{id}} after a PATCH")
    )
    return None


def _same(names: list[str], before: Mapping[str, Any], answer: Exchange) -> None:
    for body in answer.representations:
        for name in names:
            was, is_now = instant(before.get(name)), instant(body.get(name))
            if was is None or is_now is None or abs((is_now - was).total_seconds()) <= _ROUNDING:
                continue
            raise Violation(
                f"{answer.label}: {name} is another one than in the answer to the create",
                expected=f"{name} {before[name]}",
                actual=f"{name} {body[name]}",
                exchange=answer,
            )
