"""How each fault shows on the wire: True where it does, False where everything is as it should be."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fault_stage import PRODUCT, VOICE, Stage, stays
from mock_waiting import eventually


def _cancels_what_is_completed(stage: Stage) -> bool:
    order = stage.completed(PRODUCT)
    task = stage.cancel(order)
    is_granted = "effectiveCancellationDate" in task
    assert is_granted == (stage.state(order) == "cancelled")
    return is_granted


def _loses_state_changes(stage: Stage) -> bool:
    order = stage.completed(PRODUCT)
    # what is announced of a later order comes after all that was announced of this one
    stage.events("TMF622", stage.order(PRODUCT))
    return "ProductOrderStateChangeEvent" not in stage.events("TMF622", order)


def _is_stuck(stage: Stage) -> bool:
    order = stage.order(PRODUCT)
    eventually(lambda: "active" in {each["status"] for each in stage.products(order)})
    assert {each["state"] for each in stage.service_orders(order)} == {"completed"}
    return stays(lambda: stage.state(order) == "inProgress")


def _completes_what_failed(stage: Stage) -> bool:
    order = stage.ended(stage.order(PRODUCT, script="~fail@reserved"))
    assert [each["state"] for each in order["productOrderItem"]] == ["failed"]
    return bool(order["state"] == "completed")


def _completes_what_is_partial(stage: Stage) -> bool:
    order = stage.ended(stage.order(PRODUCT, VOICE, script=f"~fail@reserved:{VOICE}"))
    return [order["state"], *(each["state"] for each in order["productOrderItem"])] == ["completed"] * 3


def _is_active_before_its_order(stage: Stage) -> bool:
    order = stage.completed(PRODUCT)
    begun = stage.since("TMF622", order, "inProgress")
    return any(stage.since("TMF638", each["id"], "active") < begun for each in stage.services(order))


def _completes_without_orders(stage: Stage) -> bool:
    return not stage.service_orders(stage.completed(PRODUCT))


def _orders_twice(stage: Stage) -> bool:
    return len(stage.service_orders(stage.completed(PRODUCT))) == 2


def _leaves_services(stage: Stage) -> bool:
    (product,) = stage.products(stage.completed(PRODUCT))
    stage.ended(stage.end(product["id"]))
    ended = stage.look("TMF637", "product", product["id"]) or {}
    assert ended["status"] == "terminated"
    return {each["state"] for each in stage.realising(ended) if each} == {"active"}


def _records_twice(stage: Stage) -> bool:
    return len(stage.products(stage.completed(PRODUCT))) == 2


def _records_active_at_once(stage: Stage) -> bool:
    order = stage.order(PRODUCT, script="~hang@reserved:1.1")
    product = eventually(lambda: stage.products(order))[0]
    return bool(product["status"] == "active")


def _com_writes_services(stage: Stage) -> bool:
    stage.completed(PRODUCT)
    return stage.writes("COM", "TMF638")


def _names_no_services(stage: Stage) -> bool:
    (item,) = stage.order_service()["serviceOrderItem"]
    return "id" not in item["service"]


def _makes_services_up(stage: Stage) -> bool:
    (item,) = stage.order_service()["serviceOrderItem"]
    service = item["service"].get("id")
    return service is not None and stage.look("TMF638", "service", service) is None


def _is_active_before_its_service_order(stage: Stage) -> bool:
    order = stage.order_service()
    begun = stage.since("TMF641", order["id"], "inProgress")
    service = order["serviceOrderItem"][0]["service"].get("id")
    return service is not None and stage.since("TMF638", service, "active") < begun


def _activation_writes_products(stage: Stage) -> bool:
    stage.completed(PRODUCT)
    return stage.writes("activation", "TMF637")


SYMPTOMS: Mapping[str, Callable[[Stage], bool]] = {
    "cancel-of-completed-accepted": _cancels_what_is_completed,
    "events-lost": _loses_state_changes,
    "stuck-in-progress": _is_stuck,
    "order-completed-with-failed-item": _completes_what_failed,
    "partial-reported-completed": _completes_what_is_partial,
    "service-active-before-order": _is_active_before_its_order,
    "order-completed-without-fulfilment": _completes_without_orders,
    "duplicate-service-orders": _orders_twice,
    "terminate-leaves-service": _leaves_services,
    "product-created-twice": _records_twice,
    "product-active-before-service": _records_active_at_once,
    "com-writes-services": _com_writes_services,
    "completes-without-activating": _names_no_services,
    "completes-claiming-services": _makes_services_up,
    "service-active-before-service-order": _is_active_before_its_service_order,
    "activation-writes-products": _activation_writes_products,
}
