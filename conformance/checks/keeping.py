"""Keeping: what a client said on create is there afterwards, whether it had to be said or not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tmfrig.conformance.api import NOT_OFFERED, Api, Instance
from tmfrig.conformance.check import SHOULD, Violation, check, skip
from tmfrig.conformance.checks.places import MISSING, Place, at, instant, is_empty, named
from tmfrig.conformance.checks.retrieving import SETTLING
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import describe_answer, same_json, show
from tmfrig.conformance.instance import created_by
from tmfrig.specs import Attribute, Kind, Resource

# Theirs to write: identity and addresses, hints of types, states and what comes of the work, of items too.
_THEIRS = frozenset({"href", "state", "status", "lifecycleStatus", "lastUpdate", "requestedInitialState"})
_OUTCOME = re.compile(
    r".*(result|eligibility).*|(expected|effective|estimated).*date|(expiration|creation|completion|cancellation)date"
    r"|(error|completion)(log|message|code)|alternate.*proposal|.*unavailabilityreason|percentprogress|milestone"
    r"|jeopardyalert|guaranteeduntildate|terminationerror",
    re.IGNORECASE,
)
"""What a server finds out: the documents skip it on create, for items in their descriptions alone."""
_MOST_SHOWN = 4


@check(
    "create.keeps-optional",
    SHOULD,
    "Optional attributes that are accepted on create are in the new resource.",
    source="the API's OpenAPI document, POST; rule HTTP-04",
    on=Kind.CREATE,
    when=lambda resource: Kind.RETRIEVE in resource.operations,
)
def accepted_attributes_are_kept(api: Api, resource: Resource) -> str | None:
    mine, sent = with_much_said(api, resource)
    optional = _optional(resource.creation.attributes if resource.creation else {}, sent)
    lost: list[tuple[Place, Any]] = []
    shown: Exchange = mine.exchange

    def look() -> Exchange:
        nonlocal shown, lost
        label = f"GET {resource.path}/{{id}} after a create with every attribute"
        shown = api.retrieve(resource, mine.id, label=label, intent=Intent.OPEN)
        # what is mandatory itself is the matter of create.keeps-mandatory
        found = _lost(optional, next(iter(shown.representations), {}))
        lost = [each for each in found if len(each[0]) > 1 or each[0][0] not in resource.mandatory]
        return shown

    if api.wait_until(look, lambda each: each.ok and not lost, within=SETTLING / 3) is not None:
        return None
    if not shown.ok:
        skip(f"the new {resource.name} could not be read: {describe_answer(shown)}")
    places = ", ".join(named(place) for place, _ in lost[:_MOST_SHOWN])
    more = f" and {len(lost) - _MOST_SHOWN} more" if len(lost) > _MOST_SHOWN else ""
    place, value = lost[0]
    now = at(shown.representations[0], place)
    raise Violation(
        f"{mine.exchange.label}: accepted, but {places}{more} did not stay as sent",
        expected=f"{named(place)} {show(value)}",
        actual=f"no {named(place)}" if now is MISSING else f"{named(place)} {show(now)}",
        exchange=mine.exchange,
    )


def with_much_said(api: Api, resource: Resource) -> tuple[Instance, dict[str, Any]]:
    """A new instance and the body that brought it: the fullest that is accepted."""
    full = api.full_payload(resource)
    minimal = api.payload(resource)
    scalars = {name: value for name, value in full.items() if not isinstance(value, dict | list)}
    refusal = ""
    for body, what in ((full, "every attribute"), ({**minimal, **scalars}, "every plain attribute")):
        body = {name: value for name, value in body.items() if name not in ("id", "href")}
        label = f"POST {resource.path} with {what}"
        answer = api.create(resource, body, label=label, intent=Intent.OPEN)
        if answer.status in NOT_OFFERED - {404}:
            skip(f"POST {resource.path} is not offered (answered {answer.status})")
        made = created_by(answer, resource)
        if made is not None:
            return made, body
        refusal = describe_answer(answer)
    # what is optional may refer to what does not exist there, or not be for this client
    return skip(f"so much at once is refused: {refusal}")


def _optional(attributes: Mapping[str, Attribute], sent: Mapping[str, Any]) -> dict[str, Any]:
    """What need not have been said, inside of what is mandatory too."""
    found: dict[str, Any] = {}
    for name, value in sent.items():
        attribute = attributes.get(name)
        if attribute is None or not attribute.required:
            found[name] = value
        elif isinstance(value, dict):
            found[name] = _optional(attribute.of_type(value).attributes, value)
        elif isinstance(value, list) and all(isinstance(each, dict) for each in value):
            found[name] = [_optional(attribute.of_type(each).attributes, each) for each in value]
    return found


def _lost(sent: Mapping[str, Any], shown: Any, before: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every place at which something was said that is not shown, or shown as something else."""
    for name, value in sent.items():
        if name in _THEIRS or _OUTCOME.fullmatch(name) or name.startswith("@") or is_empty(value):
            continue
        place, now = (*before, name), shown.get(name) if isinstance(shown, dict) else None
        if isinstance(value, dict):
            yield from _lost(value, now, place) if isinstance(now, dict) else [(place, value)]
        elif isinstance(value, list):
            yield from _lost_elements(value, now, place)
        elif not _says_the_same(value, now):
            yield place, value


def _lost_elements(sent: list[Any], shown: Any, place: Place) -> Iterator[tuple[Place, Any]]:
    if not isinstance(shown, list) or len(shown) < len(sent):
        yield place, sent
        return
    for index, (value, now) in enumerate(zip(sent, shown, strict=False)):
        if isinstance(value, dict):
            yield from _lost(value, now, (*place, index))
        elif not _says_the_same(value, now):
            yield (*place, index), value


def _says_the_same(sent: Any, now: Any) -> bool:
    if same_json(sent, now):
        return True
    if now is None or type(sent) is not type(now):
        return now is not None  # of another type: the matter of representation.schema
    moment = instant(sent)
    if moment is not None:
        return instant(now) in (moment, None)  # no date any more: the matter of representation.dates
    return str(sent).strip() == str(now).strip()
