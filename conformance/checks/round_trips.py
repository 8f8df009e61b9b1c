"""Round trips: what a client says on create, and what every later answer makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tmfrig.conformance.api import NOT_OFFERED, Api
from tmfrig.conformance.check import Violation, skip
from tmfrig.conformance.checks.places import MISSING, Place, at, named
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import describe_answer, expect, show
from tmfrig.conformance.instance import created_by
from tmfrig.specs import Kind, Resource


@dataclass(frozen=True)
class Trip:
    """What became of one create: `answer` to it, and all answers that show the resource, with what they show
    of it (none where the create was refused)."""

    answer: Exchange
    shown: tuple[tuple[Exchange, dict[str, Any]], ...]
    id: str | None

    @property
    def refused(self) -> bool:
        """Whether the target did not want what it was sent, which is its right."""
        return not self.answer.ok

    def values(self, place: Place) -> Iterator[tuple[Exchange, Any]]:
        """What the answers show at a place; those that show nothing there are left out."""
        for exchange, body in self.shown:
            value = at(body, place)
            if value is not MISSING and value is not None:
                yield exchange, value


def travelled(
    api: Api, resource: Resource, body: dict[str, Any], label: str, *, listed: bool = False
) -> Trip:
    """Create and look at what came of it by its id, and in the list too where it is to be `listed`.

    A 5xx is a violation, whatever was sent; skips where there is no POST.
    """
    answer = api.create(resource, body, label=label, intent=Intent.OPEN)
    if answer.status in NOT_OFFERED:
        skip(f"POST {resource.path} is not offered (answered {answer.status})")
    expect(answer).not_a_server_error("it could be kept, or refused with a 4xx")
    instance = created_by(answer, resource)
    shown = [(answer, each) for each in answer.representations[:1]]
    if instance is not None and Kind.RETRIEVE in resource.operations:
        again = api.retrieve(resource, instance.id, label=f"GET what came of {label}", intent=Intent.OPEN)
        shown += [(again, each) for each in again.representations[:1]]
    if instance is not None and listed and Kind.LIST in resource.operations:
        found = api.list(
            resource, {"id": instance.id}, label=f"GET the list after {label}", intent=Intent.OPEN
        )
        shown += [(found, each) for each in found.representations if each.get("id") == instance.id][:1]
    return Trip(answer, tuple(shown), instance.id if instance is not None else None)


def after(api: Api, resource: Resource, id: str, answer: Exchange) -> Trip:
    """What a patch has made of a resource: nothing is shown where it was refused."""
    if not answer.ok:
        return Trip(answer, (), id)
    again = api.retrieve(resource, id, label=f"GET what came of {answer.label}", intent=Intent.OPEN)
    return Trip(
        answer, tuple((each, body) for each in (answer, again) for body in each.representations[:1]), id
    )


def unaltered(trip: Trip, place: Place, sent: Any, is_same: Callable[[Any], bool], because: str) -> None:
    """No answer shows something else than was sent."""
    for exchange, value in trip.values(place):
        if not is_same(value):
            raise Violation(
                f"{exchange.label}: {named(place)} is {show(value)}, sent was {show(sent)}; {because}",
                expected=f"{show(sent)}, or a 4xx to the create",
                actual=show(value),
                exchange=exchange,
            )


def told(trips: list[Trip]) -> str | None:
    """For the report: which were refused, and that nothing was shown where it was not."""
    refused = sorted({trip.answer.status for trip in trips if trip.refused})
    if trips and all(trip.refused for trip in trips):
        skip(f"all of it is refused: {describe_answer(trips[0].answer)}")
    return f"some of it is refused with {', '.join(map(str, refused))}" if refused else None
