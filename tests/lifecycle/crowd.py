"""Many orders of mixed kinds at once, and an audit of what became of them: item by item, record by record."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

FINAL = frozenset({"completed", "failed", "partial", "cancelled", "rejected"})
AT_ONCE = 50
Body = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """A kind of order: its items, how it should end, and how many products it should leave active."""

    name: str
    items: tuple[Body, ...]
    ends: frozenset[str]
    active: int
    script: str = ""
    cancelled_midway: bool = False


def _add(number: str, offering: str, **more: Any) -> Body:
    return {"id": number, "action": "add", "productOffering": {"id": offering}, **more}


_PACKAGE = _add(
    "1",
    "home-bundle",
    productOrderItem=[_add("1.1", "fibre-500"), _add("1.2", "tv"), _add("1.3", "home-voice")],
)
_COMPLETED, _FAILED = frozenset({"completed"}), frozenset({"failed"})

KINDS = (
    Kind("single", (_add("1", "fibre-500"),), _COMPLETED, 1),
    Kind("package", (_PACKAGE,), _COMPLETED, 4),
    Kind("two independent lines", (_add("1", "mobile-s"), _add("2", "fibre-100")), _COMPLETED, 2),
    Kind("three of one", (_add("1", "mobile-l", quantity=3),), _COMPLETED, 3),
    Kind(
        "one line fails",
        (_add("1", "mobile-s"), _add("2", "fibre-100")),
        frozenset({"partial"}),
        1,
        "~fail@reserved:mobile-line",
    ),
    Kind("all fails", (_add("1", "fibre-100"),), _FAILED, 0, "~fail@designed"),
    Kind("package is undone", (_PACKAGE,), _FAILED, 0, "~fail@reserved:television"),
    Kind("not sold any more", (_add("1", "dsl-50"),), _FAILED, 0),
    Kind(
        "cancelled midway",
        (_add("1", "fibre-100"),),
        frozenset({"cancelled"}),
        0,
        "~slow:30",
        cancelled_midway=True,
    ),
)


def mixed(count: int, seed: int) -> list[Kind]:
    """So many kinds of orders, some of each, in an order that depends on the seed."""
    chosen = [KINDS[number % len(KINDS)] for number in range(count)]
    random.Random(seed).shuffle(chosen)
    return chosen


@dataclass
class Crowd:
    """The orders that were placed, by id, with their kinds."""

    urls: Mapping[str, str]
    placed: dict[str, Kind] = field(default_factory=dict)
    between_looks: float = 0.5
    """Seconds between two looks at how far the orders are."""

    def client(self) -> httpx2.AsyncClient:
        """What asks the servers."""
        return httpx2.AsyncClient(timeout=60, trust_env=False)

    async def order(self, count: int, seed: int = 1) -> None:
        """Place so many orders at once, some of each kind, and cancel those that are meant to be."""
        chosen = mixed(count, seed)
        places = asyncio.Semaphore(AT_ONCE)
        async with self.client() as client:

            async def one(number: int, kind: Kind) -> None:
                async with places:
                    await self._place(client, number, kind)

            await asyncio.gather(*(one(number, kind) for number, kind in enumerate(chosen)))

    async def place_one(self, number: int, kind: Kind) -> None:
        """Place one order of a kind."""
        async with self.client() as client:
            await self._place(client, number, kind)

    async def settled(self, within: float) -> Mapping[str, Body]:
        """All orders once each is at its end, by id; those that are not there in time as they are then."""
        deadline = asyncio.get_running_loop().time() + within
        async with self.client() as client:
            while True:
                orders = {each["id"]: each for each in await self._all(client, "TMF622", "productOrder")}
                mine = {each: orders.get(each, {"state": "lost"}) for each in self.placed}
                late = asyncio.get_running_loop().time() > deadline
                if late or all(each["state"] in FINAL for each in mine.values()):
                    return mine
                await asyncio.sleep(self.between_looks)

    async def complaints(self, orders: Mapping[str, Body]) -> list[str]:
        """Everything in which orders, products, service orders and services do not agree."""
        async with self.client() as client:
            products = await self._all(client, "TMF637", "product")
            services = await self._all(client, "TMF638", "service")
            work = await self._all(client, "TMF641", "serviceOrder")
        return [
            *self._wrong_ends(orders),
            *self._wrong_products(products),
            *_unbacked(products, services),
            *_doubled(products, services, work),
        ]

    async def _place(self, client: httpx2.AsyncClient, number: int, kind: Kind) -> None:
        body = {
            "externalId": f"crowd-{number}{kind.script}",
            "relatedParty": [{"id": f"customer-{number}", "role": "customer", "@referredType": "Individual"}],
            "productOrderItem": list(kind.items),
        }
        order = await self._post(client, "productOrder", body)
        if order is None:
            return
        self.placed[order["id"]] = kind
        if kind.cancelled_midway:
            task = {"productOrder": {"id": order["id"]}, "cancellationReason": "changed my mind"}
            await self._post(client, "cancelProductOrder", task)

    async def _post(self, client: httpx2.AsyncClient, path: str, body: Body) -> Body | None:
        """What was created; None where that is not known, for those whom this does not discourage."""
        answer = await client.post(f"{self.urls['TMF622']}/{path}", json=body)
        assert answer.status_code == 201, answer.text
        created: Body = answer.json()
        return created

    async def _all(self, client: httpx2.AsyncClient, api: str, resource: str) -> list[Body]:
        found: list[Body] = []
        while True:
            query = {"limit": 500, "offset": len(found)}
            answer = await client.get(f"{self.urls[api]}/{resource}", params=query)
            page = answer.json()
            found += page
            if not page or len(found) >= int(answer.headers["x-total-count"]):
                return found

    def _wrong_ends(self, orders: Mapping[str, Body]) -> Iterator[str]:
        for identifier, kind in self.placed.items():
            state = orders[identifier]["state"]
            told = [each["text"] for each in orders[identifier].get("note", [])]
            if state not in kind.ends:
                yield f"{kind.name}: {identifier} is {state} {told}"
            for item in orders[identifier].get("productOrderItem", ()):
                if state == "completed" and item["state"] != "completed":
                    yield f"{kind.name}: {identifier} is completed, its item {item['id']} {item['state']}"

    def _wrong_products(self, products: list[Body]) -> Iterator[str]:
        active: Counter[str] = Counter()
        for product in products:
            for each in product.get("productOrderItem", []):
                active[each["productOrderId"]] += product["status"] == "active"
        for identifier, kind in self.placed.items():
            if active[identifier] != kind.active:
                yield f"{kind.name}: {identifier} left {active[identifier]} active products"


def _unbacked(products: list[Body], services: list[Body]) -> Iterator[str]:
    """Active products without active services, and services of ours that no active product explains."""
    states = {each["id"]: each["state"] for each in services}
    explained = set()
    for product in products:
        for each in product.get("realizingService", []):
            if product["status"] == "active":
                explained.add(each["id"])
                if states.get(each["id"]) != "active":
                    yield f"product {product['id']} is active, its service {states.get(each['id'])}"
    for service in services:
        ours = service.get("category") == "CFS" and service.get("serviceOrderItem")
        if ours and service["state"] == "active" and service["id"] not in explained:
            yield f"service {service['id']} is active, and no active product explains it"


def _doubled(products: list[Body], services: list[Body], work: list[Body]) -> Iterator[str]:
    made: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for service in services:
        for each in service.get("serviceOrderItem", []):
            if each.get("itemAction") == "add":
                made[each["serviceOrderId"], each["itemId"]].append(service["id"])
    yield from (f"{key} made {len(found)} services" for key, found in made.items() if len(found) > 1)
    named = Counter(each["externalId"] for each in work if each.get("externalId"))
    yield from (f"{name} was ordered {count} times" for name, count in named.items() if count > 1)
    realised = Counter(each["id"] for product in products for each in product.get("realizingService", []))
    yield from (f"service {each} is in {count} products" for each, count in realised.items() if count > 1)
