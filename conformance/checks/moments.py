"""Moments that the server sets: when something was created, ended or took effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from tmfrig.conformance.api import NOT_OFFERED, Api
from tmfrig.conformance.check import (
    MUST,
    SHOULD,
    CannotJudge,
    Skipped,
    Violation,
    check,
    not_applicable,
    observing,
    skip,
)
from tmfrig.conformance.checks.merging import accepted
from tmfrig.conformance.checks.patching import patched
from tmfrig.conformance.checks.places import instant
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import show
from tmfrig.specs import Kind, Resource

LONG_AGO = "1999-12-31T23:59:59Z"
_ROUNDING = 1.0
"""Seconds that a moment may lose when it is stored."""
_WHOLE_SECONDS = 1.2
"""Seconds after which a moment of whole seconds is another one."""
_LAST = "lastUpdate"
_APART = timedelta(minutes=10)
"""By how much the clocks of the parts of a target may differ; who takes the wrong zone is further off."""


def _set_by_server(resource: Resource) -> list[str]:
    """Moments of the representation that a client cannot send with a create."""
    return [name for name in sorted(resource.server_set) if resource.attributes[name].format == "date-time"]


def dates_of_creation(resource: Resource) -> list[str]:
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
    when=lambda resource: bool(dates_of_creation(resource)) and Kind.CREATE in resource.operations,
)
def the_date_of_creation_stays(api: Api, resource: Resource) -> str | None:
    mine = api.fresh(resource)
    names = [name for name in dates_of_creation(resource) if instant(mine.body.get(name)) is not None]
    if not names:
        skip(f"the new {resource.name} shows no {', '.join(dates_of_creation(resource))}")
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


@observing(
    "create.server-clock",
    SHOULD,
    "What the server dates at a create has the time of the create.",
    source="the API's OpenAPI document, dates absent from POST; RFC 9110, 6.6.1, Date; rule STATE-01",
    on=Kind.CREATE,
    when=lambda resource: bool(dates_of_creation(resource)),
)
def the_clock_of_the_server_is_right(exchange: Exchange) -> None:
    resource, now = exchange.resource, _date_of(exchange)
    if resource is None or now is None or exchange.intent is Intent.INVALID or not exchange.ok:
        not_applicable()
    body = exchange.representations[0] if exchange.representations else not_applicable()
    dated = {name: moment for name in dates_of_creation(resource) if (moment := instant(body.get(name)))}
    for name, moment in dated.items():
        if abs(moment - now) > _APART:
            raise Violation(
                f"{exchange.label}: {name} is {body[name]}, and Date is {exchange.headers['date']}",
                expected=f"{name} of the moment of the create",
                actual=f"{name} {body[name]}",
                exchange=exchange,
            )
    if not dated:
        not_applicable()


def _date_of(exchange: Exchange) -> datetime | None:
    """The moment of an answer by the clock of who answered."""
    try:
        date = parsedate_to_datetime(exchange.headers.get("date", ""))
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


@check(
    "patch.last-update",
    SHOULD,
    "A change moves lastUpdate on.",
    source="the API's OpenAPI document, lastUpdate, the moment of the last change; rule ID-04",
    on=Kind.PATCH,
    when=lambda resource: _tells_its_last_update(resource) and Kind.RETRIEVE in resource.operations,
)
def a_change_moves_the_last_update_on(api: Api, resource: Resource) -> None:
    mine = api.fresh(resource)
    before = instant(mine.body.get(_LAST))
    if before is None:
        skip(f"the new {resource.name} shows no {_LAST}")
    if isinstance(mine.exchange.sent, dict) and _LAST in mine.exchange.sent:
        skip(f"{_LAST} is what the client said")
    now = mine

    def changed() -> Exchange:
        nonlocal now
        answer = accepted(api, now, api.change(now))
        label = f"GET {resource.path}/{{id}} after {answer.label}"
        shown = api.retrieve(resource, mine.id, label=label, intent=Intent.OPEN)
        if not shown.representations:
            skip(f"the changed {resource.name} could not be read (answered {shown.status})")
        now = replace(mine, body=shown.representations[0])
        return shown

    # changed again and again for a while: moments may be kept in whole seconds
    if api.wait_until(changed, lambda _: instant(now.body.get(_LAST)) != before, within=_WHOLE_SECONDS):
        return
    raise Violation(
        f"PATCH {resource.path}/{{id}}: change after change is made, and {_LAST} stays that of the create",
        expected=f"a {_LAST} later than {mine.body[_LAST]}",
        actual=f"{_LAST} {show(now.body.get(_LAST))}",
    )


def _tells_its_last_update(resource: Resource) -> bool:
    found = resource.attributes.get(_LAST)
    return found is not None and found.format == "date-time"


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
