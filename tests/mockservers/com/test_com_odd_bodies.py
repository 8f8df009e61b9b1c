"""Whatever a neighbour says, it is read as far as it makes sense, and answered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from com_peers import PARTY, PRODUCT_ORDER, Json, StrictPeer, peer

from tmfrig.mockservers.com.boundaries.catalog import Catalogs
from tmfrig.mockservers.com.boundaries.deployed import read_service
from tmfrig.mockservers.com.boundaries.fulfilment import ServiceOrdering, order_of, read_status
from tmfrig.mockservers.com.boundaries.ordering import ProductOrdering, read_order
from tmfrig.mockservers.com.boundaries.subscriptions import ProductInventory
from tmfrig.mockservers.com.boundaries.wording import merged_characteristics
from tmfrig.mockservers.com.orders import Phase, Standing
from tmfrig.mockservers.com.ports import Report

SERVICE_ORDER: Json = {
    "id": "so-1",
    "externalId": "17/1",
    "state": "pending",
    "errorMessage": [{"message": "wait"}],
    "serviceOrder": {"id": "so-1"},
    "serviceOrderItem": [
        {
            "id": "1",
            "state": "pending",
            "service": {"id": "s-1", "serviceCharacteristic": [{"name": "a", "value": 1}]},
            "errorMessage": [{"code": "x", "reason": "socket is needed", "message": ""}],
            "serviceOrderItem": [{"id": "1.1"}],
        }
    ],
}
SERVICE: Json = {
    "id": "s-1",
    "name": "Broadband",
    "state": "active",
    "category": "CFS",
    "serviceSpecification": {"id": "broadband"},
    "serviceCharacteristic": [{"name": "speed", "value": 500}],
    "supportingService": [{"id": "s-2"}],
    "serviceOrderItem": [{"serviceOrderId": "so-1", "itemId": "1.1", "itemAction": "add"}],
    "relatedParty": [PARTY],
}
PRODUCT: Json = {
    "id": "p-1",
    "status": "active",
    "isBundle": True,
    "productOffering": {"id": "fibre"},
    "productCharacteristic": [{"name": "speed", "value": 500}],
    "realizingService": [{"id": "s-1"}],
    "productRelationship": [{"relationshipType": "bundles", "product": {"id": "p-2"}}],
    "productOrderItem": [{"productOrderId": "17", "orderItemId": "1", "orderItemAction": "add"}],
    "relatedParty": [PARTY],
}
OFFERING: Json = {
    "id": "home",
    "name": "Home",
    "lifecycleStatus": "Active",
    "isSellable": True,
    "isBundle": True,
    "productSpecification": {"id": "access"},
    "bundledProductOffering": [
        {
            "id": "tv",
            "bundledProductOfferingOption": {
                "numberRelOfferDefault": 1,
                "numberRelOfferLowerLimit": 1,
                "numberRelOfferUpperLimit": 1,
            },
        }
    ],
    "prodSpecCharValueUse": [
        {"name": "speed", "productSpecCharacteristicValue": [{"value": 1, "isDefault": True}]}
    ],
}
VALUES = [{"value": 1, "isDefault": True}, {"valueFrom": 1, "valueTo": 5}]
SPECIFICATION: Json = {
    "id": "access",
    "@type": "CustomerFacingServiceSpecification",
    "name": "Access",
    "serviceSpecification": [{"id": "broadband"}],
    "productSpecCharacteristic": [
        {"name": "speed", "regex": "^x$", "extensible": False, "productSpecCharacteristicValue": VALUES}
    ],
    "specCharacteristic": [{"name": "speed", "characteristicValueSpecification": VALUES}],
    "serviceSpecRelationship": [{"id": "line", "relationshipType": "requires"}],
}
JUNK = (
    None,
    True,
    -1,
    1e308,
    "",
    "\u0000",
    [],
    {},
    [None, 7, [[]], {"id": []}],
    {"id": {"id": 1}, "name": [1]},
)


def broken(value: Any) -> Iterator[Any]:
    """A body in which something else stands at one place, for each place and each other thing."""
    yield from JUNK
    if isinstance(value, dict):
        yield from ({**value, name: each} for name, below in value.items() for each in broken(below))
        yield from ({other: value[other] for other in value if other != name} for name in value)
    elif isinstance(value, list):
        yield from (
            [*value[:number], each, *value[number + 1 :]]
            for number, below in enumerate(value)
            for each in broken(below)
        )


def broken_bodies(body: Json) -> list[Json]:
    """As `broken`, those that are objects: that much the transport sees to."""
    return [each for each in broken(body) if isinstance(each, dict)]


class Lenient(StrictPeer):
    """Takes everything: what it holds keeps no contract either."""

    async def patch(self, resource: str, identifier: str, changes: Json) -> Json | None:
        self.patches.append(changes)
        return changes


def test_whatever_product_ordering_says_is_read_and_answered() -> None:
    async def run() -> None:
        for body in broken_bodies(PRODUCT_ORDER):
            read = read_order(body, "17")
            report = Report(Phase.WORKING, {each.number: Phase.WORKING for each in read.every_line()}, "note")
            await ProductOrdering(peer(Lenient("TMF622", productOrder=[body]))).report(read, report)

    asyncio.run(run())


def test_whatever_service_ordering_says_is_read_and_answered() -> None:
    async def run() -> None:
        for body in broken_bodies(SERVICE_ORDER):
            read_status(body)
            order_of(body)
            there = Lenient("TMF641", serviceOrder=[body], cancelServiceOrder=[body])
            ordering = ServiceOrdering(peer(there))
            await ordering.resume("so-1", {"1": {"a": 2, "b": 3}})
            await ordering.find("17/1")
            await ordering.denied("so-1")

    asyncio.run(run())


def test_whatever_the_inventories_say_is_read_and_changed() -> None:
    async def run() -> None:
        for body in broken_bodies(SERVICE):
            read_service(body)
        for body in broken_bodies(PRODUCT):
            products = ProductInventory(peer(Lenient("TMF637", product=[body])))
            await products.of_line("17", "1")
            await products.update(
                "p-1", standing=Standing.ENDED, traits={"a": 1}, services=["s"], parts=["p"], offer="o"
            )
            async for each in products.realised_by("s-1"):
                assert "s-1" in each.services

    asyncio.run(run())


def test_whatever_the_catalogs_say_is_read() -> None:
    async def run() -> None:
        for body in broken_bodies(OFFERING):
            catalogs = Catalogs(
                peer(StrictPeer("TMF620", productOffering=[body])), peer(StrictPeer("TMF633"))
            )
            assert await catalogs.offer("home") is not None
        for body in broken_bodies(SPECIFICATION):
            catalogs = Catalogs(
                peer(StrictPeer("TMF620", productSpecification=[body])),
                peer(StrictPeer("TMF633", serviceSpecification=[body])),
            )
            found, below = await catalogs.blueprint("x"), await catalogs.service_blueprint("x")
            assert found is not None
            assert below is not None
            for rule in (*found.rules, *below.rules):
                for value in JUNK:
                    rule.problem(value)

    asyncio.run(run())


def test_characteristics_are_merged_into_whatever_is_there() -> None:
    for present in broken([{"name": "a", "value": 1}, {"name": "b", "value": 2}]):
        merged = merged_characteristics(present, {"b": 3, "c": 4})
        assert {"name": "c", "value": 4} in merged
        assert [each["value"] for each in merged if each.get("name") == "b"] == [3]
