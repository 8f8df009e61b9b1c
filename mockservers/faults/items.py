"""Faults of items: lines of an order that are not what the client said."""

from __future__ import annotations

from typing import Any

from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.intake import Intake
from tmfrig.mockservers.store import Body

ROLE = "TMF622"
FAMILY = "items"


class ItemsIntake(Intake):
    """Does something to the items of every new order."""

    def complete(self, body: Body, url: str) -> Body:
        """The new order, with other items."""
        name = self.items
        if name.endswith("OrderItem") and body.get(name):
            body = body | {name: self.altered(body[name])}
        return super().complete(body, url)

    def altered(self, items: list[Any]) -> list[Any]:
        """The items that are kept."""
        return items


@fault(
    "items-renumbered",
    ROLE,
    "The items of an order are numbered anew from 1; they should keep the ids that the client gave them.",
    rule="ITEM-01",
    family=FAMILY,
)
class NumbersItemsAnew(ItemsIntake):
    """Has keys of its own."""

    def altered(self, items: list[Any]) -> list[Any]:
        """All of them, with other ids."""
        return [each | {"id": str(number)} for number, each in enumerate(items, 1)]


@fault(
    "last-item-lost",
    ROLE,
    "Of an order with several items the last one is lost; all should be kept.",
    rule="ITEM-01",
    family=FAMILY,
)
class LosesTheLastItem(ItemsIntake):
    """Counts to one less than there are."""

    def altered(self, items: list[Any]) -> list[Any]:
        """All but the last, if that leaves one."""
        return items[:-1] or items


@fault(
    "items-merged",
    ROLE,
    "Items of an order for the same thing are merged into one; each should be kept.",
    rule="ITEM-01",
    family=FAMILY,
)
class MergesItems(ItemsIntake):
    """Takes lines for the same offering for one line."""

    def altered(self, items: list[Any]) -> list[Any]:
        """The first of each kind."""
        first: dict[str, Any] = {}
        for each in items:
            first.setdefault(str({key: each[key] for key in each if key not in ("id", "quantity")}), each)
        return list(first.values())


@fault(
    "items-sorted",
    ROLE,
    "The items of an order come sorted by id; they should come as the client sent them.",
    rule="ITEM-01",
    family=FAMILY,
)
class SortsItems(ItemsIntake):
    """Reads them from a table, by key."""

    def altered(self, items: list[Any]) -> list[Any]:
        """All of them, in another order."""
        return sorted(items, key=lambda each: str(each.get("id")))


@fault(
    "quantity-lost",
    ROLE,
    "The quantity of every item is 1 whatever was ordered; it should be what the client said.",
    rule="ITEM-01",
    family=FAMILY,
)
class OrdersOneOfEach(ItemsIntake):
    """Has no column for it."""

    def altered(self, items: list[Any]) -> list[Any]:
        """All of them, one piece each."""
        return [each | {"quantity": 1} if "quantity" in each else each for each in items]


@fault(
    "action-replaced",
    ROLE,
    "Every item is a modification whatever the client wanted; its action should be kept.",
    rule="ITEM-01",
    family=FAMILY,
)
class ModifiesEverything(ItemsIntake):
    """Knows one action only."""

    def altered(self, items: list[Any]) -> list[Any]:
        """All of them, with another action."""
        return [each | {"action": "modify"} for each in items]


@fault(
    "item-offering-replaced",
    ROLE,
    "Items name another offering than the client ordered; they should name the same.",
    rule="ITEM-01",
    family=FAMILY,
)
class ReplacesOfferings(ItemsIntake):
    """Translates offerings into codes of its own."""

    def altered(self, items: list[Any]) -> list[Any]:
        """All of them, for other offerings."""
        return [
            each | {"productOffering": each["productOffering"] | {"id": f"X-{each['productOffering']['id']}"}}
            if isinstance(each.get("productOffering"), dict) and "id" in each["productOffering"]
            else each
            for each in items
        ]
