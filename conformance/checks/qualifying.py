"""Qualifying: what the answer to a qualification has to say about what was asked.

The official descriptions define the results; how a target judges is its own business. Hence the answers are
judged by whether they hold together, never by what they find.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import MAY, MUST, SHOULD, check, skip
from tmfrig.conformance.checks.places import instant, is_empty, objects_in
from tmfrig.conformance.checks.qualification import AT_ONCE, OPEN_STATES
from tmfrig.conformance.checks.qualified import (
    BAD,
    IDS,
    ONLY_AVAILABLE,
    PROPOSALS,
    RANKS,
    REASONS,
    Qualified,
    answered,
    is_asked_by_item,
    item_of,
    judged,
)
from tmfrig.conformance.exchange import Intent
from tmfrig.conformance.expect import show
from tmfrig.specs import Kind, Resource

_SOURCE = "descriptions of the attributes in the API's official OpenAPI document; rule QUAL-01"


@check(
    "qualification.items",
    MUST,
    "Every item that was asked is in the answer, with the id that the client gave it.",
    source=_SOURCE,
    on=Kind.CREATE,
    when=is_asked_by_item,
)
def every_item_is_answered(api: Api, resource: Resource) -> None:
    found = judged(api, resource)
    ids = [str(each.get("id")) for each in found.items]
    if sorted(ids) != sorted(IDS):
        raise found.violated("the items are other ones than were asked about", f"items {', '.join(IDS)}", ids)


@check(
    "qualification.item-results",
    SHOULD,
    "Every item of a finished qualification has a result: qualified, unqualified or alternate.",
    source=_SOURCE,
    on=Kind.CREATE,
    when=is_asked_by_item,
)
def every_item_has_a_result(api: Api, resource: Resource) -> str:
    found = judged(api, resource)
    results = list(found.results())
    if len(results) < len(found.items):
        without = [each.get("id") for each in found.items if all(each is not item for item, _ in results)]
        raise found.violated(
            f"the qualification is done, and its item {', '.join(map(str, without))} has no result",
            "qualified, unqualified or alternate",
            found.items,
        )
    for item, result in results:
        if result.strip().lower() not in RANKS:
            raise found.violated(
                f"the result of item {item.get('id')} is none of those that the standard describes",
                "qualified, unqualified or alternate",
                result,
            )
    return f"the items are {', '.join(result for _, result in results) or 'none'}"


@check(
    "qualification.item-states",
    SHOULD,
    "The items of a finished qualification are finished, as far as they show a state.",
    source=_SOURCE.replace("QUAL-01", "LIFE-01"),
    on=Kind.CREATE,
    when=lambda resource: is_asked_by_item(resource) and bool(_of_item(resource, ("state",))),
)
def finished_items_are_finished(api: Api, resource: Resource) -> str:
    found = judged(api, resource)
    states = [item.get("state") for item in found.items]
    for item, state in zip(found.items, states, strict=True):
        if str(state) in OPEN_STATES:
            raise found.violated(
                f"the qualification is done, and its item {item.get('id')} is still {state}",
                "done or terminatedWithError",
                state,
            )
    return f"the items are {', '.join(map(str, states))}" if any(states) else skip("no item shows a state")


@check(
    "qualification.overall",
    SHOULD,
    "The whole has a result where the items have, and it agrees: one that is unqualified makes it so.",
    source=_SOURCE,
    on=Kind.CREATE,
    when=lambda resource: is_asked_by_item(resource) and "qualificationResult" in resource.attributes,
)
def the_whole_agrees_with_the_items(api: Api, resource: Resource) -> str:
    found = judged(api, resource)
    overall = found.body.get("qualificationResult")
    ranks = [
        RANKS[result.strip().lower()] for _, result in found.results() if result.strip().lower() in RANKS
    ]
    if is_empty(overall) and ranks and len(ranks) == len(found.items):
        results = ", ".join(result for _, result in found.results())
        raise found.violated(
            f"the qualification is done and has no qualificationResult, and its items are {results}",
            "qualified, alternate or unqualified",
            overall,
        )
    if not isinstance(overall, str) or overall.strip().lower() not in RANKS or not ranks:
        skip(f"the result of the whole is {show(overall)}, which cannot be compared")
    if RANKS[overall.strip().lower()] != max(ranks):
        results = ", ".join(result for _, result in found.results())
        raise found.violated(
            f"the whole is {overall}, and its items are {results}",
            "unqualified with an unqualified item, else alternate with an alternate one, else qualified",
            overall,
        )
    return f"the whole is {overall}"


@check(
    "qualification.reason",
    SHOULD,
    "An item that is not qualified says why, where the client asked for reasons.",
    source=_SOURCE,
    on=Kind.CREATE,
    when=lambda resource: is_asked_by_item(resource) and bool(_of_item(resource, REASONS)),
)
def an_unqualified_item_says_why(api: Api, resource: Resource) -> str:
    found, names = judged(api, resource), _of_item(resource, REASONS)
    unqualified = [item for item, result in found.results() if result.strip().lower() in BAD]
    for item in unqualified:
        if all(is_empty(item.get(name)) for name in names):
            raise found.violated(
                f"item {item.get('id')} is unqualified and does not say why, although reasons were asked for",
                f"{' or '.join(names)}",
                item,
            )
    return f"{len(unqualified)} unqualified items say why" if unqualified else "no item is unqualified"


@check(
    "qualification.alternatives",
    SHOULD,
    "An item that is possible in another way only says in which, where the client asked for alternatives.",
    source=_SOURCE,
    on=Kind.CREATE,
    when=lambda resource: is_asked_by_item(resource) and bool(_of_item(resource, PROPOSALS)),
)
def an_alternate_item_has_proposals(api: Api, resource: Resource) -> str:
    found, names = judged(api, resource), _of_item(resource, PROPOSALS)
    alternate = [item for item, result in found.results() if result.strip().lower() == "alternate"]
    for item in alternate:
        proposals = [each for name in names for each in objects_in(item.get(name))]
        empty = [each for each in proposals if all(is_empty(each.get(name)) for name in _said_by(each))]
        if not proposals or empty:
            raise found.violated(
                f"item {item.get('id')} is alternate, and its proposals say nothing",
                f"{' or '.join(names)} with something to take instead",
                item,
            )
    return f"{len(alternate)} alternate items have proposals" if alternate else "no item is alternate"


def _said_by(proposal: Mapping[str, Any]) -> list[str]:
    """The attributes of a proposal by which it proposes something."""
    return [name for name in proposal if name.startswith("alternate") or name == "promotion"]


def _of_item(resource: Resource, names: tuple[str, ...]) -> list[str]:
    item = item_of(resource)
    return [name for name in names if item is not None and name in item.attributes]


@check(
    "qualification.only-available",
    SHOULD,
    "A client that asks for what is available only is not told of what is not.",
    source=_SOURCE,
    on=Kind.CREATE,
    when=lambda resource: is_asked_by_item(resource) and ONLY_AVAILABLE in resource.attributes,
)
def only_what_is_available_is_told(api: Api, resource: Resource) -> str:
    found = answered(api, resource, only_available=True)
    unqualified = [item for item, result in found.results() if result.strip().lower() in BAD]
    if unqualified:
        raise found.violated(
            f"item {unqualified[0].get('id')} is unqualified, and {ONLY_AVAILABLE} was asked for",
            "items that are available",
            unqualified[0],
        )
    return f"{len(found.items)} items were told"


@check(
    "qualification.dates",
    SHOULD,
    "A qualification takes effect before it expires.",
    source=_SOURCE,
    on=Kind.CREATE,
    when=lambda resource: is_asked_by_item(resource) and "expirationDate" in resource.attributes,
)
def it_takes_effect_before_it_expires(api: Api, resource: Resource) -> None:
    found = answered(api, resource)
    effective, expires = (
        instant(found.body.get(name)) for name in ("effectiveQualificationDate", "expirationDate")
    )
    if effective is None or expires is None:
        skip("the answer does not say both when it takes effect and when it expires")
    if expires < effective:
        raise found.violated(
            "the qualification expires before it takes effect",
            f"an expirationDate after {found.body['effectiveQualificationDate']}",
            found.body["expirationDate"],
        )


@check(
    "qualification.without-alternatives",
    MAY,
    "A client that did not ask for alternatives is not given any.",
    source=_SOURCE,
    on=Kind.CREATE,
    when=lambda resource: is_asked_by_item(resource) and bool(_of_item(resource, PROPOSALS)),
)
def alternatives_are_given_when_asked_for(api: Api, resource: Resource) -> None:
    label = f"POST {resource.path} without provideAlternative"
    answer = api.create(resource, _plain(api, resource), label=label, intent=Intent.OPEN)
    for body in answer.representations:
        found = Qualified(resource, {}, body, answer)
        for item in found.items:
            if any(not is_empty(item.get(name)) for name in _of_item(resource, PROPOSALS)):
                raise found.violated("alternatives were not asked for", "no proposals", item)


def _plain(api: Api, resource: Resource) -> dict[str, Any]:
    created = resource.creation.attributes if resource.creation else {}
    return api.payload(resource) | ({AT_ONCE: True} if AT_ONCE in created else {})
