"""All roles with a COM among them, on a free port, as a customer, an operator and an observer see them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from mock_listening import Listener, listening
from mock_waiting import eventually

from tmfrig.mockservers.running import serving
from tmfrig.specs import standard_contract

PACE = 0.01
FINAL = frozenset({"rejected", "cancelled", "completed", "failed", "partial"})
CUSTOMER = {"id": "anna", "@referredType": "Individual", "role": "customer"}
Json = dict[str, Any]
_numbers = itertools.count(1)


@dataclass
class Stage:
    """Who is where, and what can be asked of them."""

    http: httpx2.Client
    urls: Mapping[str, str]
    order_events: Listener
    product_events: Listener
    orders: list[str] = field(default_factory=list)

    # ── the customer ────────────────────────────────────────────────────────────────────────────────────────

    def order(self, *items: Json, script: str = "", **more: Any) -> Json:
        """Place a product order; `script` says what is to become of it."""
        body = {
            "externalId": f"shop-{next(_numbers)}{script}",
            "relatedParty": [CUSTOMER],
            "productOrderItem": list(items),
            **more,
        }
        created = self.create("TMF622", "productOrder", body)
        self.orders.append(created["id"])
        return created

    def cancel(self, order: Json) -> Json:
        """Ask for the cancellation of an order: the task."""
        about = {"productOrder": {"id": order["id"]}, "cancellationReason": "changed my mind"}
        return self.create("TMF622", "cancelProductOrder", about)

    def ended(self, order: Json, state: str) -> Json:
        """The order at its end, which should be this one; the message says how it came to another."""

        def there() -> Json | None:
            """the order is at its end"""
            found = self.get(order)
            return found if found["state"] in FINAL else None

        found = eventually(there)
        assert found is not None
        assert found["state"] == state, self.story(order)
        return found

    def reaches(self, resource: Json, state: str) -> Json:
        """A resource once it is in a state."""
        return self.when(resource, lambda body: body["state"] == state)

    # ── the operator and the observer ───────────────────────────────────────────────────────────────────────

    def create(self, api: str, resource: str, body: Json) -> Json:
        """Create a resource."""
        answer = self.http.post(f"{self.urls[api]}/{resource}", json=body)
        assert answer.status_code == 201, answer.text
        created: Json = answer.json()
        return created

    def get(self, resource: Json) -> Json:
        """A resource as it is now."""
        answer = self.http.get(resource["href"])
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def patch(self, resource: Json, **changes: Any) -> Json:
        """Change a resource."""
        answer = self.http.patch(resource["href"], json=changes)
        assert answer.status_code == 200, answer.text
        changed: Json = answer.json()
        return changed

    def delete(self, resource: Json) -> None:
        """Remove a resource."""
        assert self.http.delete(resource["href"]).status_code == 204

    def when(self, resource: Json, condition: Callable[[Json], Any]) -> Json:
        """A resource, once a condition holds."""

        def there() -> Json | None:
            found = self.get(resource)
            return found if condition(found) else None

        found = eventually(there)
        assert found is not None
        return found

    def find(self, api: str, resource: str, **query: str) -> list[Json]:
        """What a query finds."""
        answer = self.http.get(f"{self.urls[api]}/{resource}", params={"limit": "1000", **query})
        assert answer.status_code == 200, answer.text
        found: list[Json] = answer.json()
        return found

    def one(self, api: str, resource: str, identifier: str) -> Json:
        """A resource by its id."""
        return self.get({"href": f"{self.urls[api]}/{resource}/{identifier}"})

    def product(self, identifier: str) -> Json:
        """A product by its id."""
        return self.one("TMF637", "product", identifier)

    def service(self, identifier: str) -> Json:
        """A service by its id."""
        return self.one("TMF638", "service", identifier)

    def products(self, order: Json) -> list[Json]:
        """The products that an order has brought."""
        return self.find("TMF637", "product", **{"productOrderItem.productOrderId": order["id"]})

    def service_orders(self, order: Json) -> list[Json]:
        """The service orders that were placed for an order, those that undo last."""
        found = self.find("TMF641", "serviceOrder")
        return [each for each in found if each.get("externalId", "").rpartition("/")[0] == order["id"]]

    def services(self, order: Json) -> list[Json]:
        """The services in the inventory that were built for an order."""
        ids = {each["id"] for each in self.service_orders(order)}
        found = self.find("TMF638", "service")
        return [each for each in found if any(e["serviceOrderId"] in ids for e in _origins(each))]

    def orchestration(self, order: Json) -> Json:
        """How the COM carries an order out."""
        return self.one("COM", "orchestration", order["id"])

    def story(self, order: Json) -> str:
        """What the COM tells of an order, for a test that fails."""
        try:
            told = self.orchestration(order)
        except AssertionError:
            return f"the COM knows nothing of {self.get(order)}"
        lines = [f"{each['time'][14:23]} {each['what']}" for each in told.get("timeline", ())]
        return "\n".join([str(self.get(order)), *lines])

    def reconcile(self, policy: str = "report", **scope: Any) -> tuple[Json, list[Json]]:
        """A reconciliation job that is done, and what it found."""
        job = self.create("COM", "reconciliationJob", {"policy": policy, **scope})
        done = self.when(job, lambda body: body["state"] in ("done", "failed"))
        return done, self.find("COM", "reconciliationFinding", **{"job.id": job["id"]})

    def product_statuses(self, identifier: str) -> list[str]:
        """The statuses of a product as they were told, one after another."""
        told = [each["event"]["product"]["status"].strip() for each in self.product_events.about(identifier)]
        return [each for number, each in enumerate(told) if number == 0 or told[number - 1] != each]

    def order_states(self, order: Json) -> list[str]:
        """The states of an order as they were told, one after another."""
        told = [each["event"]["productOrder"]["state"] for each in self.order_events.about(order["id"])]
        return [each for number, each in enumerate(told) if number == 0 or told[number - 1] != each]

    # ── what always holds ───────────────────────────────────────────────────────────────────────────────────

    def check(self) -> None:
        """Nothing was made twice, and orders and products kept to their lifecycles."""
        for name, heard, attribute in (
            ("productOrder", self.order_events, "state"),
            ("product", self.product_events, "status"),
        ):
            api = "TMF622" if name == "productOrder" else "TMF637"
            lifecycle = standard_contract(api).resources[name].lifecycle
            assert lifecycle is not None
            before: dict[str, str] = {}
            for each in list(heard.heard):
                body = each["event"].get(name)
                if body is None or attribute not in body:
                    continue
                old, new = before.get(body["id"], body[attribute]).strip(), body[attribute].strip()
                assert lifecycle.allows(old, new), f"{name} {body['id']}: {old} → {new}"
                before[body["id"]] = new
        for order in self.orders:
            self.check_counts({"id": order})

    def check_counts(self, order: Json) -> None:
        """No service order, service or product was made twice for an order."""
        placed = [each["externalId"] for each in self.service_orders(order)]
        assert len(placed) == len(set(placed)), placed
        built = [
            (each["serviceOrderId"], each["itemId"])
            for service in self.services(order)
            for each in _origins(service)
        ]
        assert len(built) == len(set(built)), built
        realised = [ref["id"] for each in self.products(order) for ref in each.get("realizingService", ())]
        assert len(realised) == len(set(realised)), realised


@contextmanager
def staged(*, dataset: str = "telco", pace: float = PACE, **options: Any) -> Iterator[Stage]:
    """A stage as long as the context lasts; `options` are those of `serving`."""
    with (
        httpx2.Client(trust_env=False, timeout=20) as http,
        listening() as order_events,
        listening() as product_events,
        serving(com=True, dataset=dataset, pace=pace, **options) as urls,
    ):
        for api, listener in (("TMF622", order_events), ("TMF637", product_events)):
            if api in urls:
                http.post(f"{urls[api]}/hub", json={"callback": listener.url})
        yield Stage(http, urls, order_events, product_events)


def add(number: str, offering: str | None, *parts: Json, **more: Any) -> Json:
    """An item that adds a product."""
    item = {"id": number, "action": "add", **more}
    if offering is not None:
        item["productOffering"] = {"id": offering}
    return item | ({"productOrderItem": list(parts)} if parts else {})


def on(number: str, action: str, product: str, *parts: Json, **changes: Any) -> Json:
    """An item about a product that is there."""
    item = {"id": number, "action": action, "product": {"id": product, **changes}}
    return item | ({"productOrderItem": list(parts)} if parts else {})


def traits(**values: Any) -> Json:
    """What a product has for characteristics."""
    return {"productCharacteristic": [{"name": name, "value": value} for name, value in values.items()]}


def told(body: Json) -> Json:
    """The characteristics of a product or a service by name."""
    named = body.get("productCharacteristic", body.get("serviceCharacteristic", ()))
    return {each["name"]: each["value"] for each in named}


def item_states(order: Json) -> dict[str, str]:
    """The states of an order's items, those of parts included."""
    found = {}
    waiting = list(order.get("productOrderItem", order.get("serviceOrderItem", ())))
    while waiting:
        each = waiting.pop(0)
        found[each["id"]] = each["state"]
        waiting += each.get("productOrderItem", ())
    return found


def notes(order: Json) -> list[str]:
    """What the COM has written to the customer."""
    return [each["text"] for each in order.get("note", ())]


def bundle(number: str = "1") -> Json:
    """An item that adds a home bundle with its parts."""
    parts = [add(f"{number}.{n}", name) for n, name in enumerate(("fibre-500", "tv", "home-voice"), 1)]
    return add(number, "home-bundle", *parts)


def odd_service(**more: Any) -> Json:
    """A service that nobody has ordered."""
    specification = {"id": "oddity", "name": "Oddity"}
    return {
        "state": "active",
        "category": "CFS",
        "name": "Odd",
        "serviceSpecification": specification,
        **more,
    }


def _origins(service: Json) -> list[Json]:
    return [each for each in service.get("serviceOrderItem", ()) if each.get("itemAction") == "add"]
