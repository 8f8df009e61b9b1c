"""Orders as the roles follow them: product orders, service orders, and the tasks that cancel them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from tmfrig.features.bodies import objects
from tmfrig.features.following import Followed
from tmfrig.reports.text import one_line, shorten


class Order(Followed):
    """An order that product ordering took, as the channel sees it."""

    noun: ClassVar[str] = "order"
    owner: ClassVar[str] = "product ordering"
    items_name: ClassVar[str] = "productOrderItem"

    @property
    def external_id(self) -> str | None:
        """What the channel calls the order."""
        return external_id(self.latest.body)

    @property
    def items(self) -> list[dict[str, Any]]:
        """All items as they were last seen, those inside others included."""
        return list(_nested(self.latest.body, self.items_name))

    @property
    def item_states(self) -> dict[str, str]:
        """The state of each item that tells one, by the item's id."""
        return {str(each.get("id")): str(each["state"]) for each in self.items if each.get("state")}

    def details(self) -> str:
        """The items whose state is not that of the order, and what was noted last."""
        others = {id: state for id, state in self.item_states.items() if state != self.latest.state}
        told = ", ".join(f"{id} is {state}" for id, state in others.items())
        items = f", while its item{'s' if len(others) > 1 else ''} {told}" if others else ""
        notes = [str(each["text"]) for each in objects(self.latest.body.get("note")) if each.get("text")]
        return f"{items}; its latest note says {shorten(one_line(notes[-1]), 200)!r}" if notes else items


class ServiceOrder(Order):
    """An order at service ordering, as who placed it sees it."""

    noun: ClassVar[str] = "service order"
    owner: ClassVar[str] = "service ordering"
    follower: ClassVar[str] = "the orchestrator"
    items_name: ClassVar[str] = "serviceOrderItem"


class CancelTask(Followed):
    """A request to cancel an order."""

    noun: ClassVar[str] = "cancellation"
    owner: ClassVar[str] = "product ordering"


class Qualification(Followed):
    """A qualification that is worked out after it was asked for."""

    noun: ClassVar[str] = "qualification"
    owner: ClassVar[str] = "the qualification"


def external_id(body: Mapping[str, Any]) -> str | None:
    """The external id of an order, a text or the first of a list of identifiers."""
    value = body.get("externalId")
    if isinstance(value, list):
        value = next((each.get("id") for each in objects(value)), None)
    return value if isinstance(value, str) else None


def _nested(body: Mapping[str, Any], name: str) -> Iterator[dict[str, Any]]:
    for each in objects(body.get(name)):
        yield each
        yield from _nested(each, name)
