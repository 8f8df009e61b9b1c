"""TMF637, product inventory: what customers hold, which the domain alone records."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from typing import Any

from tmfrig.mockservers.com.boundaries.wording import (
    Body,
    characteristics,
    created_id,
    identifier,
    identifiers,
    merged_characteristics,
    moment,
    objects,
    reference,
    text,
    traits,
    without_nothing,
)
from tmfrig.mockservers.com.inventory import Subscription
from tmfrig.mockservers.com.orders import Order, Standing
from tmfrig.mockservers.com.plan import Holding
from tmfrig.mockservers.neighbours import Peer

RESOURCE = "product"

_STANDINGS = {
    "created": Standing.CREATED,
    "pendingActive": Standing.PENDING,
    "active": Standing.ACTIVE,
    "suspended": Standing.SUSPENDED,
    "pendingTerminate": Standing.ENDING,
    "terminated": Standing.ENDED,
    "aborted": Standing.ABORTED,
    "cancelled": Standing.CANCELLED,
}
_STATUSES = {standing: status for status, standing in _STANDINGS.items()}
# What the published lifecycle of a product has no single step for: one that is suspended ends through
# active, one that was never active is given up through its activation.
_BY_WAY_OF = {
    (Standing.SUSPENDED, Standing.ENDING): (Standing.ACTIVE,),
    (Standing.SUSPENDED, Standing.ENDED): (Standing.ACTIVE, Standing.ENDING),
    (Standing.ACTIVE, Standing.ENDED): (Standing.ENDING,),
    (Standing.CREATED, Standing.ABORTED): (Standing.PENDING,),
    (Standing.CREATED, Standing.CANCELLED): (Standing.PENDING,),
}


class ProductInventory:
    """Product inventory as the domain sees it."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        declared = peer.neighbour.contract.resources[RESOURCE].attributes["status"].enum
        # version 4 spells one status with a blank at its end, in every official document
        self._spelled = {str(each).strip(): str(each) for each in declared}

    async def read(self, identifier: str) -> Subscription | None:
        """A product."""
        body = await self._peer.get(RESOURCE, identifier)
        return None if body is None else read_product(body)

    async def of_line(self, order: str, line: str) -> list[Subscription]:
        """The products that an item of a product order brought."""
        found = map(
            read_product, await self._peer.find(RESOURCE, **{"productOrderItem.productOrderId": order})
        )
        return [each for each in found if each.id and each.origin == (order, line)]

    async def every(self) -> AsyncIterator[Subscription]:
        """All products."""
        async for each in self._peer.walk(RESOURCE):
            if identifier(each):
                yield read_product(each)

    async def realised_by(self, service: str) -> AsyncIterator[Subscription]:
        """The products that a service realises."""
        async for each in self._peer.walk(RESOURCE, **{"realizingService.id": service}):
            if service in identifiers(each.get("realizingService")):
                yield read_product(each)

    async def open(
        self, order: Order, holding: Holding, services: Sequence[str], parts: Sequence[str]
    ) -> str:
        """Create a product that is pending activation: its id."""
        body = without_nothing(
            {
                "name": holding.name or holding.offer or holding.blueprint or "product",
                "status": self._status(Standing.PENDING),
                "isBundle": holding.is_package,
                "isCustomerVisible": True,
                "orderDate": order.placed,
                "productOffering": _named(holding.offer, holding.name),
                "productSpecification": _named(holding.blueprint, ""),
                "productCharacteristic": characteristics(holding.traits),
                "place": holding.sites,
                "relatedParty": [_party(each) for each in order.parties if each.get("id")],
                "billingAccount": order.account if order.account and order.account.get("id") else None,
                "realizingService": _services(services),
                "productRelationship": _bundles(parts),
                "productOrderItem": [
                    {
                        "productOrderId": order.number,
                        "orderItemId": holding.line,
                        "orderItemAction": "add",
                        "role": "creation",
                    }
                ],
            }
        )
        return created_id(self._peer, RESOURCE, await self._peer.create(RESOURCE, body))

    async def update(
        self,
        identifier: str,
        *,
        standing: Standing | None = None,
        traits: Mapping[str, Any] | None = None,
        services: Sequence[str] | None = None,
        parts: Sequence[str] | None = None,
        offer: str | None = None,
    ) -> None:
        """Change a product; what is so already is not written again."""

        def changed(present: Body) -> Body:
            changes = _changes(present, traits, services, parts, offer)
            if standing is None or standing is read_product(present).standing:
                return changes
            return changes | {"status": self._status(standing), **_dates(standing, present)}

        def passing(step: Standing, present: Body) -> Body:
            # somebody may have led it elsewhere
            leads_there = step in _way(read_product(present), standing)
            return {"status": self._status(step)} if leads_there else {}

        for step in await self._steps(identifier, standing):
            await self._peer.revise(RESOURCE, identifier, partial(passing, step))
        await self._peer.revise(RESOURCE, identifier, changed)

    async def _steps(self, identifier: str, standing: Standing | None) -> Sequence[Standing]:
        if not any(there is standing for _, there in _BY_WAY_OF):
            return ()
        present = await self.read(identifier)
        return () if present is None else _way(present, standing)

    def _status(self, standing: Standing) -> str:
        return self._spelled.get(_STATUSES[standing], _STATUSES[standing])


def read_product(body: Body) -> Subscription:
    """What the inventory says of a product."""
    status = text(body.get("status"))
    parts = [
        each.get("product") if isinstance(each.get("product"), dict) else each
        for each in objects(body.get("productRelationship"))
        if text(each.get("relationshipType")) == "bundles"
    ]
    return Subscription(
        id=identifier(body) or "",
        name=text(body.get("name")),
        standing=_STANDINGS.get(status.strip(), Standing.CREATED),
        told=status.strip(),
        offer=identifier(body.get("productOffering")),
        blueprint=identifier(body.get("productSpecification")),
        is_package=body.get("isBundle") is True,
        traits=traits(body.get("productCharacteristic")),
        services=identifiers(body.get("realizingService")),
        parts=identifiers(parts),
        origin=_origin(body),
    )


def _way(product: Subscription, standing: Standing | None) -> Sequence[Standing]:
    """Where a product has to pass to get there."""
    return () if standing is None else _BY_WAY_OF.get((product.standing, standing), ())


def _origin(body: Body) -> tuple[str, str] | None:
    for each in objects(body.get("productOrderItem")):
        if each.get("productOrderId") and text(each.get("orderItemAction")) in ("", "add"):
            return str(each["productOrderId"]), str(each.get("orderItemId", ""))
    return None


def _changes(
    present: Body,
    traits_: Mapping[str, Any] | None,
    services: Sequence[str] | None,
    parts: Sequence[str] | None,
    offer: str | None,
) -> Body:
    changes: Body = {}
    old = traits(present.get("productCharacteristic"))
    if traits_ and any(old.get(name) != value for name, value in traits_.items()):
        changes["productCharacteristic"] = merged_characteristics(
            present.get("productCharacteristic"), traits_
        )
    if services is not None and identifiers(present.get("realizingService")) != list(services):
        changes["realizingService"] = _services(services)
    if parts is not None and read_product(present).parts != list(parts):
        others = [
            each
            for each in objects(present.get("productRelationship"))
            if text(each.get("relationshipType")) != "bundles"
        ]
        changes["productRelationship"] = [*others, *_bundles(parts)]
    if offer is not None and identifier(present.get("productOffering")) != offer:
        changes["productOffering"] = reference(offer)
    return changes


def _dates(standing: Standing, present: Body) -> Body:
    if standing is Standing.ACTIVE and not present.get("startDate"):
        return {"startDate": moment()}
    return {"terminationDate": moment()} if standing is Standing.ENDED else {}


def _services(identifiers: Sequence[str]) -> list[Body]:
    return [reference(each) | {"@referredType": "Service"} for each in identifiers]


def _bundles(identifiers: Sequence[str]) -> list[Body]:
    return [{"relationshipType": "bundles", "product": reference(each)} for each in identifiers]


def _named(identifier: str | None, name: str) -> Body | None:
    return reference(identifier, name=name) if identifier else None


def _party(party: Body) -> Body:
    return {"@referredType": "Individual", **party}
