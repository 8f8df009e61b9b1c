"""Steps of tracking: the order as product ordering takes it, and how it gets on."""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from tmfrig.conformance.check import Violation
from tmfrig.conformance.exchange import Exchange
from tmfrig.conformance.expect import describe_answer, show
from tmfrig.features.cast import PRODUCT_ORDERING
from tmfrig.features.channel import Channel
from tmfrig.features.following import Ear
from tmfrig.features.orders import Order
from tmfrig.features.story import Story
from tmfrig.features.wishes import Wish
from tmfrig.reports.result import Level

NO_HUB = "product ordering offers no hub, so what it announces was not judged"


@then("product ordering takes the order", target_fixture="order")
def _product_ordering_takes_the_order(channel: Channel, answer: Exchange, ear: Ear) -> Order:
    """The order was accepted and has an id. Fails when it was refused."""
    return channel.taken(answer, ear)


@then("product ordering refuses the order")
def _product_ordering_refuses_the_order(answer: Exchange) -> None:
    """The order was answered with a 4xx status."""
    if not 400 <= answer.status < 500:
        raise Violation(
            f"product ordering took an order that it should refuse: it answered {describe_answer(answer)}",
            expected="a 4xx status",
            actual=describe_answer(answer),
            exchange=answer,
        )


@then("product ordering refuses or rejects the order")
def _product_ordering_rejects_the_order(channel: Channel, answer: Exchange, ear: Ear) -> None:
    """The order was answered with a 4xx status, or is rejected, failed or cancelled in the end."""
    if not 400 <= answer.status < 500:
        channel.taken(answer, ear).reach("rejected", "failed", "cancelled")


@given(parsers.parse('the order has reached "{state}"'))
@when(parsers.parse('the order has reached "{state}"'))
@then(parsers.parse('the order reaches "{state}"'))
def _the_order_reaches(order: Order, state: str) -> None:
    """The channel polls until the order is in this state.

    Fails when the order ends in another one, or when it is not there within the story's patience.
    """
    order.reach(state)


@then(parsers.parse('every item of the order is "{state}"'))
def _every_item_is(order: Order, story: Story, state: str) -> None:
    """All items of the order, as it was last seen, are in this state. Left out where items have no state."""
    told = order.item_states
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


@then("some items of the order are completed, and some are failed")
def _some_items_failed(order: Order, story: Story) -> None:
    """Among the items, as they were last seen, are both. Left out where items have no state."""
    told = order.item_states
    if not told:
        return story.leave_out("product ordering tells no state of single order items")
    if not {"completed", "failed"} <= set(told.values()):
        raise Violation(
            f"{order} is {order.latest.state}, but its items are {show(told)}",
            expected="some items completed, some failed",
            actual=show(told),
            exchange=order.latest.exchange,
        )
    return None


@then("the order reaches its end, and says of no failed item that it is completed")
def _ends_truthfully(order: Order) -> None:
    """The order ends (failed or partial), and is not completed while one of its items is not."""
    order.reach("completed", "failed", "partial", "cancelled")
    failed = [id for id, state in order.item_states.items() if state != "completed"]
    if order.latest.state == "completed" and failed:
        raise Violation(
            f"{order} is completed, although its item {failed[0]} is {order.item_states[failed[0]]}",
            expected="failed or partial",
            actual="completed",
            exchange=order.latest.exchange,
        )


@then("the other version of product ordering shows the same order")
def _the_other_version_shows_it(channel: Channel, order: Order) -> None:
    """Each other version of TMF622 among the targets has the order, in the same state, with as many items."""
    own = channel.ordering.contract.line
    for line in channel.cast.lines(PRODUCT_ORDERING):
        if line == own:
            continue
        api = channel.api(PRODUCT_ORDERING, line)
        other = Order(api, api.contract.resources["productOrder"], order.id, order.latest.exchange, 1.0)
        other.look()
        mine, theirs = ((each.latest.state, len(each.items)) for each in (order, other))
        if mine != theirs:
            raise Violation(
                f"{order} is {mine[0]} with {mine[1]} items in version {own}, but {theirs[0]} with "
                f"{theirs[1]} in version {line}",
                expected=show(mine),
                actual=show(theirs),
                exchange=other.latest.exchange,
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


@then("the order shows what was ordered")
def _the_order_shows_what_was_ordered(order: Order, wish: Wish) -> None:
    """The order has the external id, and the items with their actions and offerings, that were sent."""
    if order.external_id != wish.external_id:
        raise Violation(
            f"{order} was placed as {wish.external_id}, but tells the external id {order.external_id}",
            expected=wish.external_id,
            actual=str(order.external_id),
            exchange=order.latest.exchange,
        )
    sent = {
        each.id: (each.action, each.offering.id if each.offering else None)
        for line in wish.lines
        for each in line.every()
    }
    shown = {
        str(each.get("id")): (each.get("action"), (each.get("productOffering") or {}).get("id"))
        for each in order.items
    }
    if sent != shown:
        raise Violation(
            f"{order} does not show the items that were ordered",
            expected=show(sent),
            actual=show(shown),
            exchange=order.latest.exchange,
        )


@then("the channel finds the order by its external id")
def _the_channel_finds_the_order(channel: Channel, order: Order, wish: Wish) -> None:
    """Filtering orders by externalId finds this one and no other. Left out where filters are not offered."""
    name = "externalId" if channel.ordering.contract.line < 5 else "externalId.id"
    answer = channel.ordering.list(
        channel.orders, {name: wish.external_id}, label="GET the orders, by external id"
    )
    if answer.status in (400, 501):
        return channel.story.leave_out("product ordering does not filter by external id")
    ids = [str(each.get("id")) for each in answer.representations]
    if ids != [order.id]:
        raise Violation(
            f"who looks for the external id {wish.external_id} does not find {order}, which has it, alone",
            expected=f"the order {order.id}",
            actual=show(ids),
            exchange=answer,
        )
    return None


@then("product ordering says what is needed")
def _product_ordering_says_what_is_needed(channel: Channel, order: Order) -> None:
    """The pending order names, anywhere in its text, what the customer is to tell."""
    wanted = list(channel.data.outcome("information").answer)
    text = show_all(order)
    missing = [each for each in wanted if each not in text]
    if missing:
        raise Violation(
            f"{order} is pending for information, but does not say that {missing[0]} is needed",
            expected=f"{missing[0]} named in a note, an error message or an item",
            actual=show(order.latest.body),
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


def show_all(order: Order) -> str:
    """The whole text of an order as it was last seen."""
    return order.latest.exchange.body.decode("utf-8", "replace")
