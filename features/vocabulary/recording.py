"""Steps of recording: what the customer holds (TMF637) and what is deployed for it (TMF638)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from pytest_bdd import given, parsers, then

from tmfrig.conformance.check import Violation
from tmfrig.conformance.expect import same_json, show
from tmfrig.features.bodies import told
from tmfrig.features.cast import PRODUCT_INVENTORY
from tmfrig.features.channel import Channel
from tmfrig.features.following import SETTLING, Ear, announced_since, eventually
from tmfrig.features.judging import (
    GONE,
    added_items,
    backed,
    has_state,
    held_and_backed,
    no_product_in_use,
    nothing_in_use,
    one_product_for_each_item,
)
from tmfrig.features.observer import Observer, Record
from tmfrig.features.orders import Order
from tmfrig.features.wishes import Wish


@pytest.fixture
def product_ear() -> Ear:
    """What the observer hears of product inventory: nothing, unless a scenario lets it listen."""
    return Ear()


@given("the observer listens to product inventory", target_fixture="product_ear")
def _the_observer_listens(observer: Observer) -> Iterator[Ear]:
    """The observer registers a callback at the hub of TMF637; left out where there is none."""
    with observer.listening(PRODUCT_INVENTORY) as ear:
        yield ear


@then("no product was active before its services")
def _not_before_its_services(observer: Observer, order: Order, product_ear: Ear, service_ear: Ear) -> None:
    """By event times, each product of the order became active after all services that realise it.

    Left out where product inventory or service inventory announces nothing.
    """
    if not product_ear.listens or not service_ear.listens:
        return
    for product in observer.products_of(order):
        began = announced_since(product_ear, product.id, "active")
        for service in observer.realising(product):
            deployed = announced_since(service_ear, service.id, "active")
            if began is not None and deployed is not None and began < deployed:
                raise Violation(
                    f"the product {product.id} was active {(deployed - began).total_seconds():.3f} s before "
                    f"its service {service.id}",
                    expected=f"active after {deployed.isoformat()}",
                    actual=f"active at {began.isoformat()}",
                    exchange=product.exchange,
                )


@then("the customer holds an active product for every item of the order", target_fixture="product")
def _the_customer_holds(observer: Observer, order: Order) -> Record:
    """TMF637 has exactly one product per item, active, and each rests on services that TMF638 has active.

    So it is noticed when an order is completed although nothing was activated, or a product is created twice.
    """
    eventually(lambda: held_and_backed(observer, order), _patience(observer))
    return observer.products_of(order)[0]


@then("product inventory has exactly one product for every item of the order")
def _one_product_each(observer: Observer, order: Order) -> None:
    """TMF637 has one product, and no second one, for each item with action add."""
    eventually(lambda: _only(observer, order), _patience(observer))


@then("every active product of the order is backed by active services")
def _every_active_product_is_backed(observer: Observer, order: Order) -> None:
    """Each product of the order that TMF637 says is active is realised by services active in TMF638."""

    def all_are() -> None:
        for each in observer.products_of(order):
            backed(observer, each)

    eventually(all_are, _patience(observer))


@then("nothing of the order is in use")
def _nothing_is_in_use(observer: Observer, order: Order) -> None:
    """No product of the order is active in TMF637, and no service of it in TMF638."""
    eventually(lambda: nothing_in_use(observer, order), _patience(observer))


@then("no product of the order is in use")
def _no_product_is_in_use(observer: Observer, order: Order) -> None:
    """No product that the order brought is active in TMF637."""
    eventually(lambda: no_product_in_use(observer, order), _patience(observer))


@then("the customer holds what was delivered, and nothing of what failed")
def _holds_what_was_delivered(observer: Observer, order: Order) -> None:
    """A completed item has an active product that rests on active services; a failed one has none."""
    eventually(lambda: _agree_with_items(observer, order), _patience(observer))


@then(parsers.parse('the product is "{status}"'))
def _the_product_is(observer: Observer, product: Record, status: str) -> None:
    """The product that the customer holds has this status in TMF637 (sooner or later)."""
    eventually(lambda: has_state(observer.product(product.id), "product", status), _patience(observer))


@then(parsers.parse('the services of the product are "{state}"'))
def _the_services_are(observer: Observer, product: Record, state: str) -> None:
    """Each service that realises the product has this state in TMF638 (sooner or later)."""

    def all_are() -> None:
        for each in observer.realising(product):
            has_state(each, "service", state)

    eventually(all_are, _patience(observer))


@then("the product shows the change")
def _the_product_shows_the_change(channel: Channel, observer: Observer, product: Record) -> None:
    """The product has the characteristics that the data name under `change`."""
    eventually(
        lambda: _shows(observer.product(product.id), "product", channel.data.changes()), _patience(observer)
    )


@then("the services of the product show the change")
def _the_services_show_the_change(channel: Channel, observer: Observer, product: Record) -> None:
    """Some service that realises the product has each of the changed characteristics."""

    def one_does() -> None:
        services = observer.realising(product)
        values = {name: value for each in services for name, value in _told(each).items()}
        for name, value in channel.data.changes().items():
            if not same_json(values.get(name), value):
                raise Violation(
                    f"the product {product.id} was to change {name} to {show(value)}, but its services have "
                    f"{show(values.get(name))}",
                    expected=f"{name} {show(value)}",
                    actual=show(values),
                    exchange=services[0].exchange if services else product.exchange,
                )

    eventually(one_does, _patience(observer))


@then("the product tells who holds it, what it is and where it is used")
def _the_product_tells(observer: Observer, order: Order, wish: Wish) -> None:
    """The first item's product has the ordered offering, the customer, the place and the configuration."""
    product = next(iter(one_product_for_each_item(observer, order)))
    line = wish.lines[0]
    text = show_whole(product)
    wanted = {
        "the offering": line.offering.id if line.offering else None,
        "the customer": (wish.customer or {}).get("id"),
        "the place": (line.place or {}).get("id"),
    }
    for what, id in wanted.items():
        if id is not None and f'"{id}"' not in text:
            raise Violation(
                f"{what} of {order} is {id}, but its product {product.id} does not name it",
                expected=id,
                actual=show(product.body),
                exchange=product.exchange,
            )
    _shows(product, "product", dict(line.characteristics))


@then("the product tells when it began")
def _the_product_tells_when_it_began(observer: Observer, product: Record) -> None:
    """The active product has a startDate."""
    shown = observer.product(product.id)
    if not shown.body.get("startDate"):
        raise Violation(
            f"the product {product.id} is {shown.state}, but does not tell since when",
            expected="a startDate",
            actual="none",
            exchange=shown.exchange,
        )


@then("the product tells when it ended")
def _the_product_tells_when_it_ended(observer: Observer, product: Record) -> None:
    """The terminated product has a terminationDate."""
    shown = observer.product(product.id)
    if not shown.body.get("terminationDate"):
        raise Violation(
            f"the product {product.id} is {shown.state}, but does not tell since when",
            expected="a terminationDate",
            actual="none",
            exchange=shown.exchange,
        )


@then("the bundle holds the products of its parts together")
def _the_bundle_holds_its_parts(observer: Observer, order: Order) -> None:
    """The product of the bundle's item names (relationship bundles) the products of the items inside it."""
    products = one_product_for_each_item(observer, order)
    item = next(iter(added_items(order)))
    inside = {str(each.get("id")) for each in item.get("productOrderItem") or []}
    of_parts = {each.id for each in products if any(part in inside for _, part in each.ordered_by)}
    bundles = [each for each in products if (order.id, str(item.get("id"))) in each.ordered_by]
    for bundle in bundles:
        missing = sorted(of_parts - set(bundle.parts))
        if missing:
            raise Violation(
                f"the bundle {bundle.id} of {order} does not name its part {missing[0]}",
                expected=show(sorted(of_parts)),
                actual=show(bundle.parts),
                exchange=bundle.exchange,
            )


def show_whole(record: Record) -> str:
    """A record as text, to look for ids in."""
    return json.dumps(record.body, ensure_ascii=False)


def _only(observer: Observer, order: Order) -> None:
    one_product_for_each_item(observer, order)


def _agree_with_items(observer: Observer, order: Order) -> None:
    states = order.item_states
    for product in observer.products_of(order):
        state = next(
            (states[item] for id, item in product.ordered_by if id == order.id and item in states), None
        )
        if state == "completed":
            has_state(product, "product", "active")
            backed(observer, product)
        elif state == "failed" and product.state not in GONE:
            raise Violation(
                f"an item of {order} failed, but its product {product.id} is {product.state}",
                expected="no product, or one that is aborted",
                actual=str(product.state),
                exchange=product.exchange,
            )


def _shows(record: Record, kind: str, values: dict[str, object]) -> None:
    shown = _told(record)
    for name, value in values.items():
        if not same_json(shown.get(name), value):
            raise Violation(
                f"the {kind} {record.id} was to have {name} {show(value)}, but has {show(shown.get(name))}",
                expected=f"{name} {show(value)}",
                actual=show(shown),
                exchange=record.exchange,
            )


def _told(record: Record) -> dict[str, object]:
    return told(record.body, "productCharacteristic") | told(record.body, "serviceCharacteristic")


def _patience(observer: Observer) -> float:
    return min(observer.story.patience, SETTLING)
