"""Steps of ordering: what the customer wants, and how the channel puts it to product ordering."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytest_bdd import given, parsers, when

from tmfrig.conformance.check import CannotJudge, Skipped, Violation
from tmfrig.conformance.exchange import Exchange
from tmfrig.conformance.expect import describe_answer
from tmfrig.features.bodies import characteristics
from tmfrig.features.cast import PRODUCT_ORDERING
from tmfrig.features.channel import Channel
from tmfrig.features.following import SETTLING, Ear, eventually
from tmfrig.features.observer import Observer, Record
from tmfrig.features.orders import Order
from tmfrig.features.wishes import DELETE, MODIFY, Line, Offering, Wish

COURSES = {
    "that fails": "fail",
    "that fails in one of its parts": "fail_part",
    "that is delivered only in part": "partial",
    "that needs more information": "information",
    "that is held": "hold",
    "that does not end by itself": "never_ending",
    "that takes its time": "slow",
    "that can no longer be cancelled": "cancel_denied",
    "that is announced twice": "duplicate_events",
    "that is announced out of order": "reordered_events",
    "of which nothing is announced": "lost_events",
}
"""What an order may be like, in words, and what the data call it under `outcomes`."""


@pytest.fixture
def ear() -> Ear:
    """What the channel hears of product ordering: nothing, unless a scenario lets it listen."""
    return Ear()


# ── given ───────────────────────────────────────────────────────────────────────────────────────────────────


@given("the channel listens to product ordering", target_fixture="ear")
def _the_channel_listens(channel: Channel) -> Iterator[Ear]:
    """The channel registers a callback at the hub, until the scenario is over.

    A target without a hub is followed by polling alone.
    """
    with channel.listening(PRODUCT_ORDERING) as ear:
        yield ear


@given("the customer wants a single product", target_fixture="wish")
def _a_single_product(channel: Channel) -> Wish:
    """An order for one of `offerings.single`, at `places.full`, not placed yet."""
    return channel.wish(channel.line("1", channel.chosen(channel.data.offering("single"))))


@given("the customer wants two products", target_fixture="wish")
def _two_products(channel: Channel) -> Wish:
    """An order with two items, for `offerings.single` and `offerings.another`."""
    wanted = [channel.chosen(channel.data.offering(each)) for each in ("single", "another")]
    return channel.wish(*(channel.line(str(number), each) for number, each in enumerate(wanted, 1)))


@given("the customer wants a bundle", target_fixture="wish")
def _a_bundle(channel: Channel) -> Wish:
    """An order for `offerings.bundle`, with an item inside it for each of its parts in the catalog."""
    bundle = channel.chosen(channel.data.offering("bundle"))
    parts = [channel.line(f"1.{number}", each) for number, each in enumerate(channel.parts_of(bundle), 1)]
    return channel.wish(channel.line("1", bundle, parts))


@given("the customer wants the published offering", target_fixture="wish")
def _the_published_offering(channel: Channel, offering: Offering) -> Wish:
    """An order for the offering that the steward has published, or the customer chosen."""
    return channel.wish(channel.line("1", offering))


@given("the customer wants a product and an add-on that relies on it", target_fixture="wish")
def _a_product_and_its_add_on(channel: Channel) -> Wish:
    """An order with two items, `offerings.single`, and `offerings.add_on` that relies on the first item."""
    single, add_on = (channel.chosen(channel.data.offering(each)) for each in ("single", "add_on"))
    return channel.wish(channel.line("1", single), replace(channel.line("2", add_on), relies_on=["1"]))


@given(parsers.parse("it is an order {course}"), target_fixture="wish")
def _it_is_an_order(channel: Channel, wish: Wish, course: str) -> Wish:
    """The order is provoked to take a course, as the data say under `outcomes`; skipped when they do not.

    "that fails", "that fails in one of its parts", "that is delivered only in part", "that needs more
    information", "that is held", "that does not end by itself", "that takes its time", "that can no longer be
    cancelled", "that is announced twice", "that is announced out of order", "of which nothing is announced".
    """
    if course not in COURSES:
        raise LookupError(f"there is no order {course!r}; there are {', '.join(COURSES)}")
    return wish.that_comes_to(channel.data.outcome(COURSES[course]))


@given("the customer holds an active product", target_fixture="product")
def _the_customer_holds_a_product(channel: Channel, observer: Observer, ear: Ear) -> Record:
    """The customer orders `offerings.single`, and the order completes; the product is in TMF637, active.

    CannotJudge when it does not get so far: that is what other scenarios are about.
    """
    wish = channel.wish(channel.line("1", channel.chosen(channel.data.offering("single"))))
    order = channel.order(wish, ear)
    try:
        order.reach("completed")
        return _active_product(observer, order)
    except Violation as problem:
        raise CannotJudge(f"the customer could not be given a product: {problem.message}") from None


# ── when ────────────────────────────────────────────────────────────────────────────────────────────────────


@when("the channel places an order for the chosen offering", target_fixture="answer")
def _the_channel_places_an_order(channel: Channel, offering: Offering) -> Exchange:
    """One order with one item, action add. The answer is judged by the steps that follow."""
    return channel.place(channel.wish(channel.line("1", offering)))


@when("the channel places the order", target_fixture="answer")
def _the_channel_places_the_order(channel: Channel, wish: Wish) -> Exchange:
    """What the customer wants is sent to TMF622. The answer is judged by the steps that follow."""
    return channel.place(wish)


@given("the customer has ordered it", target_fixture="order")
@when("the customer orders it", target_fixture="order")
def _the_customer_orders_it(channel: Channel, wish: Wish, ear: Ear) -> Order:
    """What the customer wants is sent to TMF622. Fails when it is refused or gets no id."""
    return channel.order(wish, ear)


@when("the channel places an order with no items", target_fixture="answer")
def _an_order_with_no_items(channel: Channel) -> Exchange:
    """An order for nothing. The answer is judged by the steps that follow."""
    api, resource = channel.ordering, channel.orders
    body = {**api.payload(resource), "productOrderItem": []}
    return api.create(resource, body, label="POST an order with no items")


@when("the customer orders a change of the product", target_fixture="order")
def _the_customer_changes(channel: Channel, product: Record, ear: Ear) -> Order:
    """An order with action modify and the characteristics that the data name under `change`."""
    line = _about(product, MODIFY)
    return channel.order(channel.wish(replace(line, characteristics=_change(channel))), ear)


@when("the customer orders the product to be suspended", target_fixture="order")
def _the_customer_suspends(channel: Channel, product: Record, ear: Ear) -> Order:
    """An order with action modify and the product's status suspended."""
    return channel.order(channel.wish(replace(_about(product, MODIFY), status="suspended")), ear)


@when("the customer orders the product to be resumed", target_fixture="order")
def _the_customer_resumes(channel: Channel, product: Record, ear: Ear) -> Order:
    """An order with action modify and the product's status active."""
    return channel.order(channel.wish(replace(_about(product, MODIFY), status="active")), ear)


@when("the customer orders the end of the product", target_fixture="order")
def _the_customer_terminates(channel: Channel, product: Record, ear: Ear) -> Order:
    """An order with action delete."""
    return channel.order(channel.wish(_about(product, DELETE)), ear)


@when("the customer orders an add-on to the product", target_fixture="order")
def _the_customer_adds(channel: Channel, product: Record, ear: Ear) -> Order:
    """An order for `offerings.add_on`, and the product that it relies on as an item with action noChange."""
    add_on = channel.line("1", channel.chosen(channel.data.offering("add_on")))
    held = replace(_about(product, "noChange"), id="2")
    return channel.order(channel.wish(replace(add_on, relies_on=["2"]), held), ear)


@when("the customer gives the information that is needed")
def _the_customer_gives_the_information(channel: Channel, order: Order) -> None:
    """The channel patches the items with the characteristics of `outcomes.information.answer`.

    Fails when product ordering refuses them.
    """
    answer = channel.data.outcome("information").answer
    _resumed(channel, order, answer)


@when("the issue is solved")
def _the_issue_is_solved(channel: Channel, order: Order) -> None:
    """The channel has a held order go on: it patches order and items to inProgress."""
    _resumed(channel, order, {})


def _active_product(observer: Observer, order: Order) -> Record:
    found: list[Record] = []

    def is_there() -> None:
        products = [each for each in observer.products_of(order) if each.is_active]
        if not products:
            raise Violation(f"{order} is completed, but product inventory shows no active product of it")
        found.append(products[0])

    eventually(is_there, min(observer.story.patience, SETTLING))
    return found[0]


def _about(product: Record, action: str) -> Line:
    """An item about a product that the customer holds."""
    offering = product.body.get("productOffering")
    named = Offering(str(offering["id"]), offering.get("name")) if isinstance(offering, dict) else None
    return Line("1", action=action, offering=named, product=product.id)


def _change(channel: Channel) -> dict[str, object]:
    changes: dict[str, object] = channel.data.changes()
    if not changes:
        raise Skipped("nobody says what a customer may change; name it as change in the data")
    return changes


def _resumed(channel: Channel, order: Order, answer: dict[str, object]) -> None:
    items = order.look().body.get("productOrderItem") or []
    change = {"state": "inProgress", "productOrderItem": [_going_on(each, answer) for each in items]}
    said = channel.amend(order, change)
    if not said.ok:
        raise Violation(
            f"{order} waits, but product ordering refuses what it waits for: {describe_answer(said)}",
            expected="200",
            actual=describe_answer(said),
            exchange=said,
        )


def _going_on(item: dict[str, object], answer: dict[str, object]) -> dict[str, object]:
    made = {**item, "state": "inProgress"}
    inside = item.get("productOrderItem")
    if isinstance(inside, list):
        made["productOrderItem"] = [_going_on(each, answer) for each in inside]
    if answer:
        product = item.get("product")
        product = dict(product) if isinstance(product, dict) else {}
        known = [
            each for each in product.get("productCharacteristic") or [] if each.get("name") not in answer
        ]
        made["product"] = product | {"productCharacteristic": known + characteristics(answer)}
    return made
