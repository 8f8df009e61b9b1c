"""Activation on a free port before a service inventory and a catalog, with the levers that a test pulls."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from mock_listening import Listener, listening
from mock_waiting import eventually

from tmfrig.mockservers.activation import Activation, Script, ServiceOrderCancellation
from tmfrig.mockservers.dataset import Dataset
from tmfrig.mockservers.neighbours import Neighbour, Neighbours
from tmfrig.mockservers.running import serving
from tmfrig.mockservers.wire import Answer, NoAnswerError, Wire
from tmfrig.specs import standard_contract

PACE = 0.03
FINAL = frozenset({"rejected", "cancelled", "completed", "failed", "partial"})
WALK = ["feasibilityChecked", "designed", "reserved", "inactive", "active"]
INVENTORY = "serviceInventory"
CATALOG = "serviceCatalog"
Json = dict[str, Any]

SPECIFICATIONS = Dataset(
    {
        "TMF633": {
            "serviceSpecification": [
                {"id": name, "name": name.title(), "version": "2.0"}
                for name in ("internet", "line", "television", "voice")
            ]
        }
    }
)


class FragileWire(Wire):
    """A wire on which some peers are silent, and some answers are lost on their way back."""

    def __init__(self) -> None:
        super().__init__()
        self.silent: set[str] = set()
        self.loses: dict[str, int] = {}
        """How many answers to a method are still to be lost."""
        self.refused: set[str] = set()
        """Methods that are answered 400."""
        self.slow = 0.0
        self.asked: list[str] = []

    async def request(self, method: str, url: str, **details: Any) -> Answer:
        """As every wire, where it is not told otherwise."""
        if details["caller"] == "activation":
            self.asked.append(f"{method} {url}")
            if any(each in url for each in self.silent):
                raise NoAnswerError("nobody is there")
            if method in self.refused:
                return Answer(400, {}, b'{"code": "no", "reason": "not like this"}')
            if self.slow:
                await asyncio.sleep(self.slow)
        answer = await super().request(method, url, **details)
        if details["caller"] == "activation" and self.loses.get(method, 0) > 0:
            self.loses[method] -= 1
            raise NoAnswerError("the line broke")
        return answer


@dataclass
class Stage:
    """Activation as a client sees it, and the inventory behind it."""

    http: httpx2.Client
    orders_url: str
    inventory_url: str
    wire: FragileWire
    order_events: Listener
    service_events: Listener
    ids: list[str] = field(default_factory=list)

    def order(self, *items: Json, script: str = "", **more: Any) -> Json:
        """Place a service order; `script` follows the customer order's external id."""
        reference = {"externalReferenceType": "customerOrder", "name": f"shop-17{script}"}
        body = {"serviceOrderItem": list(items), "externalReference": [reference], **more}
        answer = self.http.post(self.orders_url + "/serviceOrder", json=body)
        assert answer.status_code == 201, answer.text
        created: Json = answer.json()
        self.ids.append(created["id"])
        return created

    def get(self, resource: Json) -> Json:
        """A resource as it is now."""
        answer = self.http.get(resource["href"])
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def patch(self, resource: Json, **changes: Any) -> Json:
        """Change a resource as a client does."""
        answer = self.http.patch(resource["href"], json=changes)
        assert answer.status_code == 200, answer.text
        changed: Json = answer.json()
        return changed

    def cancel(self, order: Json) -> Json:
        """Ask for the cancellation of an order."""
        body = {"serviceOrder": {"id": order["id"]}, "cancellationReason": "moved away"}
        answer = self.http.post(self.orders_url + "/cancelServiceOrder", json=body)
        assert answer.status_code == 201, answer.text
        created: Json = answer.json()
        return created

    def reaches(self, resource: Json, state: str) -> Json:
        """A resource once it is in a state; an order that ends in another one never gets there."""

        def there() -> Json | None:
            found = self.get(resource)
            ended = found["state"] in FINAL and "serviceOrderItem" in found and state in FINAL
            assert not ended or found["state"] == state, found
            return found if found["state"] == state else None

        return eventually(there)  # type: ignore[return-value]

    def item_shows(self, order: Json, number: int, state: str) -> Json:
        """The order once the service of an item shows a state."""

        def there() -> Json | None:
            found = self.get(order)
            service = found["serviceOrderItem"][number]["service"]
            return found if service.get("state") == state else None

        return eventually(there)  # type: ignore[return-value]

    def services(self, order: Json) -> list[Json]:
        """The services in the inventory that were built for an order, in the order of their creation."""
        query = {"serviceOrderItem.serviceOrderId": order["id"], "limit": "100"}
        found: list[Json] = self.http.get(self.inventory_url + "/service", params=query).json()
        return found

    def service(self, identifier: str) -> Json:
        """A service in the inventory."""
        return self.get({"href": f"{self.inventory_url}/service/{identifier}"})

    def existing(self, specification: str = "internet", **more: Any) -> Json:
        """A service that is active from before; the reference to it that an item holds."""
        body = {"state": "active", "serviceSpecification": {"id": specification}, **more}
        answer = self.http.post(self.inventory_url + "/service", json=body)
        assert answer.status_code == 201, answer.text
        return {"id": answer.json()["id"], "href": answer.json()["href"]}

    def walked(self, *orders: Json) -> list[tuple[str, str]]:
        """What became of the services of orders, as the inventory told: item and state, one after another."""
        own = {each["id"] for each in orders}
        told = []
        for each in list(self.service_events.heard):
            service = each["event"]["service"]
            creation = next(iter(service.get("serviceOrderItem", ())), {})
            if creation.get("serviceOrderId") in own and "AttributeValue" not in each["eventType"]:
                told.append((creation["itemId"], service["state"]))
        return told

    def states_told(self, service: Json) -> list[str]:
        """The states that the inventory told of a service, one after another."""
        about = list(self.service_events.about(service["id"]))
        return [each["event"]["service"]["state"] for each in about if "State" in each["eventType"]]

    def events(self, order: Json) -> list[str]:
        """The types of the notifications about an order."""
        return [each["eventType"] for each in self.order_events.about(order["id"])]

    def check_courses(self) -> None:
        """Every order and every item of every order has kept to the published lifecycle."""
        lifecycle = standard_contract("TMF641").resources["serviceOrder"].lifecycle
        assert lifecycle is not None
        for order in self.ids:
            before: Json = {}
            for each in self.order_events.about(order):
                states = _states(each["event"]["serviceOrder"])
                for name, state in states.items():
                    old = before.get(name, state)
                    assert lifecycle.allows(old, state), f"{order} {name}: {old} → {state}"
                before = states


@contextmanager
def activating(
    *, pace: float = PACE, script: Script | None = None, catalog: Dataset = SPECIFICATIONS, **options: Any
) -> Iterator[Stage]:
    """A stage as long as the context lasts. TMF638 and TMF633 are servers of their own."""
    with (
        httpx2.Client(trust_env=False, timeout=20) as http,
        listening() as order_events,
        listening() as service_events,
        serving(["TMF638", "TMF633"], dataset=catalog, pace=pace) as behind,
    ):
        wire = FragileWire()
        known = {api: Neighbour(api, standard_contract(api), behind[api]) for api in ("TMF638", "TMF633")}
        with serving(
            ["TMF641"],
            pace=pace,
            neighbours=Neighbours(wire, known),
            behaviours=[Activation, ServiceOrderCancellation],
            script=script,
            **options,
        ) as urls:
            http.post(urls["TMF641"] + "/hub", json={"callback": order_events.url})
            http.post(behind["TMF638"] + "/hub", json={"callback": service_events.url})
            yield Stage(http, urls["TMF641"], behind["TMF638"], wire, order_events, service_events)


def item(
    number: str,
    specification: str | None = "internet",
    *,
    action: str = "add",
    relies_on: tuple[str, ...] = (),
    parts: tuple[Json, ...] = (),
    **service: Any,
) -> Json:
    """An item of a service order."""
    described = {"serviceSpecification": {"id": specification}} if specification else {}
    related = [
        {"relationshipType": "reliesOn", "orderItem": {"id": each, "itemId": each}} for each in relies_on
    ]
    return {
        "id": number,
        "action": action,
        "service": described | service,
        **({"serviceOrderItemRelationship": related} if related else {}),
        **({"serviceOrderItem": list(parts)} if parts else {}),
    }


def characteristic(name: str, value: Any) -> Json:
    """A characteristic of a service."""
    return {"name": name, "value": value}


def states(order: Json) -> list[str]:
    """The states of an order's items."""
    return [each["state"] for each in order["serviceOrderItem"]]


def codes(order: Json) -> list[str | None]:
    """What the items of an order have for errors."""
    errors = [each.get("errorMessage") or [{}] for each in order["serviceOrderItem"]]
    return [each[0].get("code") for each in errors]


def _states(order: Json) -> dict[str, str]:
    found = {"the order": order["state"]}
    waiting = [("", each) for each in order["serviceOrderItem"]]
    while waiting:
        above, each = waiting.pop()
        found[f"item {above}{each['id']}"] = each.get("state", "acknowledged")
        waiting += [(f"{above}{each['id']}/", part) for part in each.get("serviceOrderItem", ())]
    return found
