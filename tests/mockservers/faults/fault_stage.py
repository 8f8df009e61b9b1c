"""All roles on a free port, wrong or right, as a client sees them from outside."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx2
from mock_listening import Listener, listening
from mock_waiting import eventually

from tmfrig.mockservers.running import serving

PACE = 0.02
MOMENT = 25 * PACE
"""Long enough for what would happen to have happened, in seconds."""
FINAL = frozenset({"cancelled", "completed", "failed", "partial", "rejected"})
PRODUCT, VOICE = "fibre-500", "home-voice"
Json = dict[str, Any]


class Stage:
    """The roles at some URLs, and what they announce."""

    def __init__(self, http: httpx2.Client, urls: dict[str, str], heard: dict[str, Listener]) -> None:
        self._http = http
        self._urls = urls
        self._heard = heard

    # ── what a customer does ────────────────────────────────────────────────────────────────────────────────

    def order(self, *offerings: str, script: str = "") -> str:
        """Order products, an item each; `script` is what becomes of the order."""
        items = [
            {"id": str(number), "action": "add", "productOffering": {"id": each}}
            for number, each in enumerate(offerings, 1)
        ]
        return self._ordered(items, script)

    def end(self, product: str) -> str:
        """Order the end of a product."""
        return self._ordered([{"id": "1", "action": "delete", "product": {"id": product}}], "")

    def cancel(self, order: str) -> Json:
        """Cancel an order: the task when it is over."""
        task = self._post("TMF622", "cancelProductOrder", {"productOrder": {"id": order}})
        return self.reaches("TMF622", "cancelProductOrder", task["id"], "done")

    def completed(self, *offerings: str) -> str:
        """Order products, and wait until they are there."""
        order = self.order(*offerings)
        self.reaches("TMF622", "productOrder", order, "completed")
        return order

    def ended(self, order: str) -> Json:
        """An order at its end."""
        return self.reaches("TMF622", "productOrder", order, *FINAL)

    def _ordered(self, items: list[Json], script: str) -> str:
        body = {"externalId": f"shop{script}", "productOrderItem": items}
        return str(self._post("TMF622", "productOrder", body)["id"])

    # ── what an orchestrator does ───────────────────────────────────────────────────────────────────────────

    def order_service(self) -> Json:
        """Order a service from service ordering itself: the service order when it is completed."""
        service = {"serviceSpecification": {"id": "fibre-access-line"}, "name": "Fibre access line"}
        item = {"id": "1", "action": "add", "service": service}
        order = self._post("TMF641", "serviceOrder", {"serviceOrderItem": [item]})
        return self.reaches("TMF641", "serviceOrder", order["id"], "completed")

    # ── what everybody sees ─────────────────────────────────────────────────────────────────────────────────

    def look(self, api: str, resource: str, identifier: str) -> Json | None:
        """A resource; None where there is none."""
        answer = self._http.get(f"{self._urls[api]}/{resource}/{identifier}")
        assert answer.status_code in (200, 404), answer.text
        return answer.json() if answer.status_code == 200 else None

    def state(self, order: str) -> str:
        """The state of a product order."""
        return str((self.look("TMF622", "productOrder", order) or {})["state"])

    def reaches(self, api: str, resource: str, identifier: str, *states: str) -> Json:
        """A resource once it is in one of some states."""

        def there() -> Json | None:
            found = self.look(api, resource, identifier)
            return found if found is not None and found["state"] in states else None

        found = eventually(there)
        assert found is not None
        return found

    def products(self, order: str) -> list[Json]:
        """The products that came of an order."""
        return self._found("TMF637", "product", "productOrderItem", "productOrderId", order)

    def service_orders(self, order: str) -> list[Json]:
        """The service orders that were placed for a product order."""
        found: list[Json] = self._http.get(f"{self._urls['TMF641']}/serviceOrder?limit=100").json()
        return [each for each in found if str(each.get("externalId")).startswith(f"{order}/")]

    def services(self, order: str) -> list[Json]:
        """The services that came of a product order."""
        return [
            service
            for each in self.service_orders(order)
            for service in self._found("TMF638", "service", "serviceOrderItem", "serviceOrderId", each["id"])
        ]

    def realising(self, product: Json) -> list[Json | None]:
        """The services behind a product."""
        return [self.look("TMF638", "service", each["id"]) for each in product.get("realizingService", ())]

    def _found(self, api: str, resource: str, links: str, link: str, identifier: str) -> list[Json]:
        found: list[Json] = self._http.get(f"{self._urls[api]}/{resource}?limit=100").json()
        return [each for each in found if any(one.get(link) == identifier for one in each.get(links) or ())]

    def _post(self, api: str, resource: str, body: Json) -> Json:
        answer = self._http.post(f"{self._urls[api]}/{resource}", json=body)
        assert answer.status_code == 201, answer.text
        created: Json = answer.json()
        return created

    # ── what is announced and noted ─────────────────────────────────────────────────────────────────────────

    def since(self, api: str, identifier: str, state: str) -> str:
        """The time of the first event that told this state of a resource."""

        def times() -> list[str]:
            return [
                each["eventTime"]
                for each in self._heard[api].about(identifier)
                if next(iter(each["event"].values()))["state"] == state
            ]

        return min(eventually(times))

    def events(self, api: str, identifier: str) -> list[str]:
        """The types of the events about a resource, once its creation was told."""

        def told() -> list[str]:
            return [each["eventType"] for each in self._heard[api].about(identifier)]

        return eventually(told)

    def writes(self, caller: str, callee: str) -> bool:
        """Whether the journal shows that a role changed something at another one."""
        found = self._http.get(
            f"{self._urls['admin']}/journal", params={"caller": caller, "callee": callee, "limit": 10_000}
        ).json()
        return any(
            each["kind"] == "request" and each["method"] in ("POST", "PATCH")
            for each in found
            if "/hub" not in each["path"]
        )


@contextmanager
def acting(*faults: str) -> Iterator[Stage]:
    """All roles with some faults, as long as the context lasts."""
    with ExitStack() as stack:
        urls = dict(
            stack.enter_context(serving(dataset="telco", com=True, admin=True, pace=PACE, faults=faults))
        )
        http = stack.enter_context(httpx2.Client(trust_env=False, timeout=20))
        heard = {api: stack.enter_context(listening()) for api in ("TMF622", "TMF641", "TMF638")}
        for api, each in heard.items():
            assert http.post(f"{urls[api]}/hub", json={"callback": each.url}).status_code == 201
        yield Stage(http, urls, heard)


def stays(probe: Callable[[], bool], seconds: float = MOMENT) -> bool:
    """Whether something stays so for a moment."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not probe():
            return False
        time.sleep(PACE)
    return True
