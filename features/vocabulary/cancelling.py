"""Steps of cancelling: the customer changes their mind, in time or too late."""

from __future__ import annotations

from pytest_bdd import then, when

from tmfrig.conformance.check import Violation
from tmfrig.conformance.exchange import Exchange
from tmfrig.conformance.expect import describe_answer
from tmfrig.features.channel import Channel
from tmfrig.features.orders import CancelTask, Order

_REFUSING = ("rejected", "terminatedWithError", "cancelled")


@when("the customer cancels the order", target_fixture="cancellation")
def _the_customer_cancels(channel: Channel, order: Order) -> Exchange:
    """The channel posts a cancelProductOrder. The answer is judged by the steps that follow."""
    return channel.cancel(order.id)


@when("the customer cancels an order that nobody knows", target_fixture="cancellation")
def _the_customer_cancels_an_unknown_order(channel: Channel) -> Exchange:
    """The channel posts a cancelProductOrder about an id that nothing has."""
    return channel.cancel(channel.ordering.unknown_id(channel.orders))


@then("the cancellation is carried out", target_fixture="task")
def _the_cancellation_is_carried_out(channel: Channel, cancellation: Exchange) -> CancelTask:
    """The cancel task is taken and gets done; what became of the order is judged by the steps that follow."""
    task = channel.cancelling(cancellation)
    task.reach("done")
    return task


@then("the cancellation is denied")
def _the_cancellation_is_denied(channel: Channel, order: Order, cancellation: Exchange) -> None:
    """The cancel task is refused (4xx), or ends without an effect: no effectiveCancellationDate."""
    if 400 <= cancellation.status < 500:
        return
    task = channel.cancelling(cancellation)
    task.reach("done", *_REFUSING)
    if task.latest.body.get("effectiveCancellationDate"):
        raise Violation(
            f"product ordering says that it has cancelled {order}, which could no longer be cancelled "
            f"(it is {order.look().state})",
            expected="a cancel task without effectiveCancellationDate",
            actual=f"effectiveCancellationDate {task.latest.body['effectiveCancellationDate']}",
            exchange=task.latest.exchange,
        )


@then("the completed order cannot be cancelled")
def _a_completed_order_cannot_be_cancelled(channel: Channel, order: Order, cancellation: Exchange) -> None:
    """The cancel task is refused (4xx), or ends without an effect; and the order stays completed."""
    accepted = cancellation
    if not 400 <= cancellation.status < 500:
        task = channel.cancelling(cancellation)
        task.reach("done", *_REFUSING)
        accepted = task.latest.exchange
        if task.latest.body.get("effectiveCancellationDate"):
            raise Violation(
                f"product ordering accepted the cancellation of {order}, which was completed already",
                expected="a refusal, or a task without effect",
                actual=describe_answer(task.latest.exchange),
                exchange=task.latest.exchange,
            )
    if (now := order.look().state) != "completed":
        raise Violation(
            f"{order} was completed, and is {now} since the customer tried to cancel it",
            expected="completed",
            actual=now,
            exchange=accepted,
        )


@then("the cancellation is refused")
def _the_cancellation_is_refused(cancellation: Exchange) -> None:
    """The cancellation was answered with a 4xx status."""
    if not 400 <= cancellation.status < 500:
        raise Violation(
            f"product ordering took the cancellation of an order that it does not know: "
            f"{describe_answer(cancellation)}",
            expected="a 4xx status",
            actual=describe_answer(cancellation),
            exchange=cancellation,
        )
