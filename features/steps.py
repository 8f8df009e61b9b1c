"""The vocabulary: every step that a scenario may use, each with what it does and when it fails.

Roles are named as the business names them: the channel, the product catalog, product ordering. A step's name
is what a reader of the scenario sees; its docstring is for whoever writes the next scenario.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from pytest_bdd import given, parsers, then, when

from tmfrig.conformance.check import Skipped, Violation
from tmfrig.conformance.exchange import Exchange
from tmfrig.conformance.expect import show
from tmfrig.features.orders import Ear, Order
from tmfrig.features.roles import Channel, Offering
from tmfrig.features.story import Story
from tmfrig.reports.result import Level

NO_HUB = "product ordering offers no hub, so what it announces was not judged"


@pytest.fixture
def ear() -> Ear:
    """What the channel hears of product ordering: nothing, unless a scenario lets it listen."""
    return Ear()


# ── given ───────────────────────────────────────────────────────────────────────────────────────────────────


@given("the channel listens to product ordering", target_fixture="ear")
def _the_channel_listens(channel: Channel, story: Story) -> Iterator[Ear]:
    """The channel registers a callback at the hub, until the scenario is over.

    A target without a hub is followed by polling alone.
    """
    with ExitStack() as stack:
        try:
            yield Ear(stack.enter_context(channel.ordering.subscribe()))
        except Skipped:
            story.leave_out(NO_HUB)
            yield Ear()


@given("the customer has chosen an offering in the product catalog", target_fixture="offering")
def _the_customer_has_chosen(channel: Channel) -> Offering:
    """The channel browses TMF620 and takes an offering for sale; it adds one to an empty catalog.

    Without a catalog among the targets it takes an id of its own. Fails when the catalog cannot be browsed.
    """
    return channel.choose()


# ── when ────────────────────────────────────────────────────────────────────────────────────────────────────


@when("the channel places an order for the chosen offering", target_fixture="answer")
def _the_channel_places_an_order(channel: Channel, offering: Offering) -> Exchange:
    """One order with one item, action add. The answer is judged by the steps that follow."""
    return channel.place(offering)


# ── then ────────────────────────────────────────────────────────────────────────────────────────────────────


@then("product ordering takes the order", target_fixture="order")
def _product_ordering_takes_the_order(channel: Channel, answer: Exchange, ear: Ear) -> Order:
    """The order was accepted and has an id. Fails when it was refused."""
    return channel.taken(answer, ear)


@then(parsers.parse('the order reaches "{state}"'))
def _the_order_reaches(order: Order, state: str) -> None:
    """The channel polls until the order is in this state.

    Fails when the order ends in another one, or when it is not there within the story's patience.
    """
    order.reach(state)


@then(parsers.parse('every item of the order is "{state}"'))
def _every_item_is(order: Order, story: Story, state: str) -> None:
    """All items of the order, as it was last seen, are in this state. Left out where items have no state."""
    items = [each for each in order.latest.body.get("productOrderItem") or [] if isinstance(each, dict)]
    told = {str(each.get("id")): each["state"] for each in items if each.get("state")}
    if not told:
        story.leave_out("product ordering tells no state of single order items")
    others = {id: each for id, each in told.items() if each != state}
    if others:
        id, found = next(iter(others.items()))
        raise Violation(
            f"the order {order.id} is {order.latest.state}, but its item {id} is {found}",
            expected=f"every item {state}",
            actual=show(told),
            exchange=order.latest.exchange,
        )


@then("the order tells when it was completed")
def _the_order_tells_when(order: Order) -> None:
    """The order, as it was last seen, has a completionDate."""
    if not order.latest.body.get("completionDate"):
        raise Violation(
            f"the order {order.id} is {order.latest.state}, but does not tell when it was completed",
            expected="a completionDate",
            actual="no completionDate",
            exchange=order.latest.exchange,
        )


@then("product ordering has announced the new order")
def _announced_the_new_order(order: Order, story: Story) -> None:
    """A ProductOrderCreateEvent about the order reached the channel. Left out where there is no hub."""
    if not order.ear.listens:
        return story.leave_out(NO_HUB)
    order.announced("Create")
    return None


@then(parsers.parse('product ordering has announced that the order is "{state}"'))
def _announced_the_state(order: Order, story: Story, state: str) -> None:
    """A ProductOrderStateChangeEvent with this state reached the channel. Left out where there is no hub."""
    if not order.ear.listens:
        return story.leave_out(NO_HUB)
    order.announced("StateChange", state)
    return None


@then("the order has only moved along its published lifecycle")
def _only_moved_along_its_lifecycle(order: Order, story: Story) -> None:
    """Every move that was seen or announced is a path of the published lifecycle.

    The lifecycle is published and not normative: a stray move is a remark, and the scenario goes on.
    """
    with story.remarking(
        "lifecycle",
        Level.PUBLISHED,
        "An order moves along its published lifecycle.",
        "TMF622 order lifecycle diagram; rule STATE-02",
    ):
        for before, after, seen_in in order.stray_moves():
            raise Violation(
                f"the order {order.id} went from {before} to {after}, as no published lifecycle does",
                expected=f"states that follow {before}",
                actual=after,
                exchange=seen_in,
            )
