"""What the inventories must say about an order, whoever carried it out.

Each function looks once and raises `Violation` with one sentence; what takes its time is asked `eventually`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tmfrig.conformance.check import Violation
from tmfrig.conformance.expect import show
from tmfrig.features.observer import Observer, Record
from tmfrig.features.orders import Order

GONE = frozenset({"terminated", "cancelled", "aborted"})
"""What a product or a service is that nobody holds any longer."""


def one_product_for_each_item(observer: Observer, order: Order) -> list[Record]:
    """Product inventory has exactly one product for each item that adds something; they are returned."""
    products = observer.products_of(order)
    for item in added_items(order):
        id = str(item.get("id"))
        mine = [each for each in products if _is_of(each, order.id, item)]
        if not mine:
            raise Violation(
                f"{order} is {order.latest.state}, but product inventory has no product for its item {id}",
                expected=f"one product that names order {order.id}, item {id}",
                actual=show([each.ordered_by for each in products]),
                exchange=products[0].exchange if products else order.latest.exchange,
            )
        if len(mine) > 1:
            ids = " and ".join(each.id for each in mine)
            raise Violation(
                f"the item {id} of {order} was ordered once, but product inventory has {len(mine)} products "
                f"for it: {ids}",
                expected=f"one product for item {id}",
                actual=f"{len(mine)} products: {ids}",
                exchange=mine[-1].exchange,
            )
    return products


def held_and_backed(observer: Observer, order: Order) -> None:
    """Each item that adds something has become one active product, and that rests on active services."""
    for product in one_product_for_each_item(observer, order):
        if not product.is_active:
            raise Violation(
                f"{order} is {order.latest.state}, but its product {product.id} is {product.state}",
                expected="an active product",
                actual=f"status {product.state}",
                exchange=product.exchange,
            )
        backed(observer, product)


def backed(observer: Observer, product: Record, seen: frozenset[str] = frozenset()) -> None:
    """An active product is realised by services, all of them active; a bundle by its parts."""
    if not product.is_active or product.id in seen:
        return
    parts = [observer.product(id) for id in product.parts]
    if not product.services and not parts:
        raise Violation(
            f"the product {product.id} is active, but no service realises it: nothing was activated",
            expected="a realizingService that is active in service inventory",
            actual="no realizingService",
            exchange=product.exchange,
        )
    for service in observer.realising(product):
        if not service.is_active:
            raise Violation(
                f"the product {product.id} is active, but its service {service.id} is {service.state} "
                "in service inventory",
                expected="an active service",
                actual=f"state {service.state}",
                exchange=service.exchange,
            )
    for part in parts:
        if not part.is_active:
            raise Violation(
                f"the bundle {product.id} is active, but its part {part.id} is {part.state}",
                expected="active parts",
                actual=f"status {part.state}",
                exchange=part.exchange,
            )
        backed(observer, part, seen | {product.id})


def nothing_in_use(observer: Observer, order: Order) -> None:
    """Neither a product nor a service of the order is active."""
    no_product_in_use(observer, order)
    no_service_in_use(observer, order)


def no_product_in_use(observer: Observer, order: Order) -> None:
    """No product of the order is active."""
    _none_active(order, "product", observer.products_of(order))


def no_service_in_use(observer: Observer, order: Order) -> None:
    """No service of the order is active."""
    _none_active(order, "service", observer.services_of(order))


def has_state(record: Record, kind: str, *states: str) -> None:
    """A product or a service is in one of these states."""
    if record.state not in states:
        wanted = " or ".join(states)
        raise Violation(
            f"the {kind} {record.id} is {record.state}, not {wanted}",
            expected=wanted,
            actual=str(record.state),
            exchange=record.exchange,
        )


def added_items(order: Order) -> list[dict[str, Any]]:
    """The items that add something, parts of bundles included."""
    return [each for each in order.items if each.get("action") == "add"]


def _is_of(product: Record, order_id: str, item: dict[str, Any]) -> bool:
    named = item.get("product")
    if isinstance(named, dict) and named.get("id") == product.id:
        return True
    return (order_id, str(item.get("id"))) in product.ordered_by


def _none_active(order: Order, kind: str, records: Iterable[Record]) -> None:
    for each in _active(records):
        raise Violation(
            f"{order} is {order.latest.state}, but its {kind} {each.id} is active",
            expected=f"no active {kind}",
            actual=f"{kind} {each.id} is active",
            exchange=each.exchange,
        )


def _active(records: Iterable[Record]) -> Iterator[Record]:
    return (each for each in records if each.is_active)
