"""Qualified: a question about two items, and what was answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import Violation, skip
from tmfrig.conformance.checks.courses import watched
from tmfrig.conformance.checks.places import is_empty, objects_in
from tmfrig.conformance.checks.qualification import AT_ONCE
from tmfrig.conformance.checks.shared import once_per_api
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import describe_answer, show
from tmfrig.conformance.instance import created_by
from tmfrig.specs import Attribute, Resource

IDS = ("20", "10")
_ITEM_RESULTS = ("qualificationItemResult", "qualificationResult")
REASONS = ("eligibilityUnavailabilityReason", "eligibilityResultReason")
PROPOSALS = ("alternateProductOfferingProposal", "alternateServiceProposal")
_WANTED = ("provideAlternative", "provideUnavailabilityReason", "provideResultReason")
ONLY_AVAILABLE = "provideOnlyAvailable"
# From good to bad; official examples of TMF679 answer in colours.
_GOOD, _LIMITED, BAD = (
    {"qualified", "green"},
    {"alternate", "yellow", "orange", "amber"},
    {"unqualified", "red"},
)
RANKS: Mapping[str, int] = {word: rank for rank, words in enumerate((_GOOD, _LIMITED, BAD)) for word in words}
_SUBJECTS = ("productOffering", "serviceSpecification", "service", "product")
_ENDED = frozenset({"done", "terminatedWithError"})


@dataclass(frozen=True)
class Qualified:
    """A qualification that has ended: what was asked, and the representation that answers it."""

    resource: Resource
    asked: Mapping[str, Any]
    body: Mapping[str, Any]
    exchange: Exchange

    @property
    def items(self) -> Sequence[Mapping[str, Any]]:
        """The items of the answer."""
        return objects_in(self.body.get(_items_name(self.resource)))

    def results(self) -> Iterator[tuple[Mapping[str, Any], str]]:
        """The items that have a result, with it."""
        for item in self.items:
            result = next((item[name] for name in _ITEM_RESULTS if not is_empty(item.get(name))), None)
            if isinstance(result, str):
                yield item, result

    def violated(self, what: str, expected: str, actual: Any) -> Violation:
        """What is wrong with this answer."""
        return Violation(f"{self.exchange.label}: {what}", expected, show(actual), self.exchange)


def _items_name(resource: Resource) -> str:
    names = (f"{resource.name}Item", "serviceQualificationItem")
    return next((name for name in names if name in resource.attributes), "")


def item_of(resource: Resource) -> Attribute | None:
    """The item of a question that is asked item by item; None for one that asks what there is."""
    name = _items_name(resource)
    asked = resource.creation is not None and name in resource.creation.attributes
    found = resource.attributes[name] if asked else None
    is_judged = found is not None and any(each in found.attributes for each in _ITEM_RESULTS)
    return found if is_judged else None


def is_asked_by_item(resource: Resource) -> bool:
    return resource.answers_at_once and item_of(resource) is not None


def answered(api: Api, resource: Resource, only_available: bool = False) -> Qualified:
    """The answer to a question about two items, of which one is about something that nobody knows."""
    return _ask(api, resource, only_available)


@once_per_api
def _ask(api: Api, resource: Resource, only_available: bool) -> Qualified:
    created = resource.creation.attributes if resource.creation else {}
    wishes = [each for each in (AT_ONCE, *_WANTED) if each in created]
    body = api.payload(resource) | dict.fromkeys(
        [*wishes, *([ONLY_AVAILABLE] if only_available else [])], True
    )
    name, template = _items_name(resource), _template(api, resource)
    label = f"POST {resource.path} with items {', '.join(IDS)}"
    # one item is about something that nobody has, so that there is something to be found
    for second in (_about(template, api.unknown_id()), template):
        asked = body | {name: [template | {"id": IDS[0]}, second | {"id": IDS[1]}]}
        answer = api.create(resource, asked, label=label, intent=Intent.OPEN)
        if not answer.is_error:
            break
    if not answer.representations:
        skip(f"a qualification of two items was not answered: {describe_answer(answer)}")
    shown, state = answer.representations[0], resource.state_attribute or ""
    if answer.status == 200 or str(shown.get(state)) in _ENDED:
        return Qualified(resource, asked, shown, answer)
    task = created_by(answer, resource)
    last = watched(api, task).last if task is not None else None
    if last is None or last.state not in _ENDED:
        skip(f"the qualification did not end while we looked: it is {last.state if last else 'not kept'}")
    return Qualified(resource, asked, last.body, last.exchange)


def _template(api: Api, resource: Resource) -> dict[str, Any]:
    """An item as a client asks about it."""
    name = _items_name(resource)
    minimal = api.payload(resource).get(name)
    if minimal:
        return dict(minimal[0])
    item = resource.creation.attributes[name] if resource.creation else resource.attributes[name]
    wanted = {*_SUBJECTS, *(each for each, attribute in item.attributes.items() if attribute.required)}
    full = (api.full_payload(resource).get(name) or [{}])[0]
    return {each: value for each, value in full.items() if each in wanted}


def _about(item: Mapping[str, Any], id: str) -> dict[str, Any]:
    """The item, about a subject of another id."""
    subject = next((name for name in _SUBJECTS if isinstance(item.get(name), dict)), None)
    if subject is None:
        return dict(item)
    inner = item[subject]
    if any(isinstance(inner.get(name), dict) for name in _SUBJECTS):
        return {**item, subject: _about(inner, id)}
    return {**item, subject: {**inner, "id": id}}


def judged(api: Api, resource: Resource) -> Qualified:
    """An answer that is one: a qualification that ended with an error says nothing more."""
    found = answered(api, resource)
    if found.body.get(resource.state_attribute or "") == "terminatedWithError":
        skip("the qualification ended with an error")
    return found
