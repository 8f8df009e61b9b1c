"""Steps of orchestrating: how an order is decomposed, and which service orders carry it out."""

from __future__ import annotations

from pytest_bdd import then

from tmfrig.conformance.check import Violation
from tmfrig.conformance.expect import show
from tmfrig.features.bodies import objects
from tmfrig.features.following import eventually
from tmfrig.features.observer import Observer, Record
from tmfrig.features.operations import Operator
from tmfrig.features.orders import Order


@then("service orders carry it out", target_fixture="service_orders")
def _service_orders_carry_it_out(observer: Observer, order: Order) -> list[Record]:
    """TMF641 has at least one service order that names the product order, or its external id."""
    found: list[Record] = []

    def there_are() -> None:
        found[:] = observer.service_orders_of(order)
        if not found:
            raise Violation(
                f"{order} is {order.look().state}, but no service order carries it out",
                expected="a service order that names the product order or its external id",
                actual="none",
                exchange=order.latest.exchange,
            )

    eventually(there_are, observer.story.patience)
    return found


@then("each service is ordered once")
def _each_service_once(observer: Observer, order: Order) -> None:
    """No two service order items of the order are to bring the same service for the same line.

    Two items are the same when they add the same specification at the same id of item.
    """
    seen: dict[tuple[str, str], str] = {}
    for record in observer.service_orders_of(order):
        for item in objects(record.body.get("serviceOrderItem")):
            key = (str(item.get("id")), _specification(item))
            if item.get("action") == "add" and key in seen and seen[key] != record.id:
                raise Violation(
                    f"the service {key[1]} of {order} is ordered twice, by the service orders {seen[key]} "
                    f"and {record.id}",
                    expected="one service order item for each service",
                    actual=f"item {key[0]} in both",
                    exchange=record.exchange,
                )
            seen[key] = record.id


@then("every item of the service orders names the service that it is about")
def _items_name_their_services(service_orders: list[Record]) -> None:
    """Each service order item has a service with a specification, or with the id of an existing service."""
    for record in service_orders:
        for item in objects(record.body.get("serviceOrderItem")):
            service = item.get("service")
            if not isinstance(service, dict) or not (_specification(item) or service.get("id")):
                raise Violation(
                    f"the item {item.get('id')} of the service order {record.id} does not say which service "
                    "it is about",
                    expected="a service with a serviceSpecification or an id",
                    actual=show(service),
                    exchange=record.exchange,
                )


@then("customer-facing services rely on what they rest on")
def _facing_services_rely(service_orders: list[Record]) -> None:
    """Of services ordered for the same line, each customer-facing one relies on a resource-facing one."""
    for record in service_orders:
        items = objects(record.body.get("serviceOrderItem"))
        resource_facing = {_line(each) for each in items if _category(each) == "RFS"}
        for item in items:
            relations = objects(item.get("serviceOrderItemRelationship"))
            if _category(item) == "CFS" and _line(item) in resource_facing and not relations:
                raise Violation(
                    f"the item {item.get('id')} of the service order {record.id} does not rely on the "
                    "resource-facing services that were ordered with it",
                    expected="a serviceOrderItemRelationship",
                    actual="none",
                    exchange=record.exchange,
                )


@then("the service orders are completed")
def _the_service_orders_are_completed(observer: Observer, order: Order) -> None:
    """Each service order that carries out the order is completed in TMF641."""
    for record in observer.service_orders_of(order):
        if record.state != "completed":
            raise Violation(
                f"{order} is {order.latest.state}, but its service order {record.id} is {record.state}",
                expected="completed",
                actual=str(record.state),
                exchange=record.exchange,
            )


@then("the COM has planned a holding for every item of the order")
def _the_com_has_planned(operator: Operator, order: Order) -> None:
    """The order plan of the COM has a holding for each item that was ordered."""
    plan, answer = operator.plan_of(order.id)
    lines = {str(each.get("line")) for each in objects(plan.get("holdings"))}
    missing = [str(each.get("id")) for each in order.items if str(each.get("id")) not in lines]
    if missing:
        raise Violation(
            f"the COM's plan {plan.get('id')} of {order} says nothing about its item {missing[0]}",
            expected="a holding for each item",
            actual=show(sorted(lines)),
            exchange=answer,
        )


@then("the COM can tell step by step how it went")
def _the_com_can_tell(operator: Operator, order: Order) -> None:
    """The orchestration of the COM is over, its steps too, and its timeline is in order."""

    def is_told() -> None:
        told, answer = operator.orchestration_of(order.id)
        if told.get("state") != order.latest.state:
            raise Violation(
                f"{order} is {order.latest.state}, but its orchestration {told.get('id')} is "
                f"{told.get('state')}",
                expected=order.latest.state,
                actual=str(told.get("state")),
                exchange=answer,
            )
        times = [str(each.get("time")) for each in objects(told.get("timeline"))]
        if not times or times != sorted(times):
            raise Violation(
                f"the orchestration {told.get('id')} of {order} has no timeline in order of time",
                expected="a timeline",
                actual=show(times),
                exchange=answer,
            )

    eventually(is_told, operator.story.patience)


def _specification(item: dict[str, object]) -> str:
    service = item.get("service")
    specification = service.get("serviceSpecification") if isinstance(service, dict) else None
    return str(specification["id"]) if isinstance(specification, dict) and specification.get("id") else ""


def _category(item: dict[str, object]) -> str | None:
    service = item.get("service")
    return service.get("category") if isinstance(service, dict) else None


def _line(item: dict[str, object]) -> str:
    """Which line of the product order an item is for, by the numbers of the items."""
    return str(item.get("id")).rpartition(".")[0]
