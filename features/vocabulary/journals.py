"""Steps about the architecture: judged from the journals, which say who spoke to whom in the scenario."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pytest_bdd import given, parsers, then

from tmfrig.conformance.check import CannotJudge, Skipped, Violation
from tmfrig.features.cast import (
    PRODUCT_INVENTORY,
    PRODUCT_ORDERING,
    SERVICE_INVENTORY,
    SERVICE_ORDERING,
    Cast,
)
from tmfrig.features.channel import Channel
from tmfrig.features.journal import Entry, Journal

ACTIVATION = (SERVICE_ORDERING, "activation")
"""Who carries out service orders: service activation, which is what stands behind TMF641."""
ORDER_MANAGEMENT = ("COM",)


@given(parsers.parse('"{role}" is played by somebody else'))
def _is_played_by_somebody_else(cast: Cast, role: str) -> None:
    """The role (TMF641, say) is external in this topology. Skipped when it is not."""
    if role not in cast.rig.external:
        raise Skipped(f"{role} is played by the rig; run with --external {role}=URL to see it replaced")


@given("one role or several are played by somebody else")
def _some_role_is_external(cast: Cast) -> None:
    """Some role is external in this topology. Skipped when none is."""
    if not cast.rig.external:
        raise Skipped("every role is played by the rig; run with --external ROLE=URL to see one replaced")


@then("the channel has spoken to nothing behind product ordering")
def _the_channel_stays_in_front(journal: Journal) -> None:
    """In the journal the channel is the caller of TMF620, 679, 645 and 622 only."""
    for each in _something(journal.entries(caller="channel")):
        if each.callee not in Channel.reach:
            raise _who_should_not(each, "the channel speaks to nothing behind product ordering")


@then("only the COM has placed service orders")
def _only_the_com_orders_services(journal: Journal) -> None:
    """Whatever was changed at TMF641 in the scenario was changed by the COM, or by activation behind it."""
    _only(journal, SERVICE_ORDERING, "serviceOrder", {*ORDER_MANAGEMENT, *ACTIVATION}, "the COM")


@then("only the COM has written products")
def _only_the_com_writes_products(journal: Journal) -> None:
    """Whatever was changed at TMF637 in the scenario was changed by the COM."""
    _only(journal, PRODUCT_INVENTORY, "product", {*ORDER_MANAGEMENT, PRODUCT_INVENTORY}, "the COM")


@then("only activation has written services")
def _only_activation_writes_services(journal: Journal) -> None:
    """Whatever was changed at TMF638 in the scenario was changed by service activation."""
    _only(journal, SERVICE_INVENTORY, "service", {*ACTIVATION, SERVICE_INVENTORY}, "activation")


@then("the COM has heard of the order by a notification")
def _the_com_has_heard(journal: Journal) -> None:
    """TMF622 told the COM of the new order by an event, rather than by a call of an API of the COM."""
    heard = [each for each in journal.entries(callee="COM") if each.kind == "notification"]
    if not any(_event(each).startswith("ProductOrder") for each in heard):
        raise Violation(
            f"no notification of product ordering about the order has reached the COM "
            f"({len(heard)} others have)",
            expected="a ProductOrderCreateEvent to the COM",
            actual=", ".join(dict.fromkeys(_event(each) for each in heard)) or "no notification",
        )


@then("nobody but the COM and the channel has changed the order")
def _nobody_else_changes_orders(journal: Journal) -> None:
    """Whatever was changed at TMF622 in the scenario was changed by the channel or the COM."""
    allowed = {"channel", *ORDER_MANAGEMENT, PRODUCT_ORDERING}
    _only(journal, PRODUCT_ORDERING, "productOrder", allowed, "the channel or the COM")


@then("product ordering has called nobody to fulfil the order")
def _product_ordering_calls_nobody(journal: Journal) -> None:
    """TMF622 changes nothing at other roles: it notifies, and the COM acts."""
    for each in journal.entries(caller=PRODUCT_ORDERING):
        if each.changes:
            raise _who_should_not(each, "product ordering captures orders and leaves the rest to the COM")


def _only(journal: Journal, callee: str, kind: str, allowed: Collection[str], whose: str) -> None:
    _something(journal.entries())
    for each in journal.entries(callee=callee):
        if each.changes and f"/{kind}" in each.path and each.caller not in allowed:
            raise _who_should_not(each, f"that is for {whose} alone")


def _something(entries: Sequence[Entry]) -> Sequence[Entry]:
    """The entries; CannotJudge when there are none, as silence proves nothing."""
    if not entries:
        raise CannotJudge("the journals show nothing of this scenario; do the roles pass traceparent on?")
    return entries


def _who_should_not(entry: Entry, why: str) -> Violation:
    return Violation(f"{entry}, though {why}", expected=why, actual=str(entry))


def _event(entry: Entry) -> str:
    sent = entry.sent
    return str(sent.get("eventType") or "") if isinstance(sent, dict) else ""
