"""A neighbour's API in memory that takes its contract at its word."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, cast

from tmfrig.mockservers.neighbours import Neighbour, Peer
from tmfrig.mockservers.patching import merged
from tmfrig.specs import standard_contract

Json = dict[str, Any]

PARTY = {"id": "anna", "role": "customer", "@referredType": "Individual"}
PLACE = {"id": "p", "role": "installationAddress", "@referredType": "GeographicAddress"}
PRODUCT_ORDER: Json = {
    "id": "17",
    "state": "acknowledged",
    "@type": "ProductOrder",
    "externalId": "shop-17",
    "orderDate": "2026-01-02T03:04:05Z",
    "relatedParty": [PARTY],
    "billingAccount": {"id": "account-1"},
    "productOrderItem": [
        {
            "id": "1",
            "action": "add",
            "quantity": 2,
            "productOffering": {"id": "home"},
            "product": {
                "productSpecification": {"id": "package"},
                "productCharacteristic": [{"name": "speed", "value": 500}],
                "place": [PLACE],
            },
            "productOrderItem": [{"id": "1.1", "action": "noChange", "product": {"id": "p-7"}}],
        },
        {
            "id": "2",
            "action": "modify",
            "product": {"id": "p-8", "status": "suspended"},
            "productOrderItemRelationship": [{"id": "1", "relationshipType": "reliesOn"}],
        },
        {"id": "3", "action": "delete", "product": {"id": "p-9"}},
    ],
}


class StrictPeer:
    """Speaks to nobody: what it is told is checked against the contract, and remembered.

    `answers` are the bodies that are there, by resource; `mute` leaves the id out of what was created.
    """

    def __init__(self, api: str, *, mute: bool = False, **answers: list[Json]) -> None:
        contract = standard_contract(api)
        self.neighbour = Neighbour(api, contract, f"http://{api.lower()}.example")
        self.bodies: dict[str, list[Json]] = {name: list(each) for name, each in answers.items()}
        self.patches: list[Json] = []
        self._mute = mute

    async def get(self, resource: str, identifier: str) -> Json | None:
        """The one of that id, or the only one there is."""
        there = self.bodies.get(resource, [])
        return next((each for each in there if each.get("id") == identifier), there[0] if there else None)

    async def find(self, resource: str, **query: str) -> list[Json]:
        """Everything, like a server that knows no filters."""
        return list(self.bodies.get(resource, []))

    async def walk(self, resource: str, **query: str) -> AsyncIterator[Json]:
        """Everything, one after the other."""
        for each in self.bodies.get(resource, []):
            yield each

    async def create(self, resource: str, body: Json) -> Json:
        """Keep what the contract accepts."""
        creation = self.neighbour.contract.resources[resource].creation
        assert creation is not None
        assert creation.accepts(body), creation.problems(body)
        there = self.bodies.setdefault(resource, [])
        created = body | ({} if self._mute else {"id": f"new-{len(there) + 1}"})
        there.append(created)
        return created

    async def revise(self, resource: str, identifier: str, change: Callable[[Json], Json]) -> Json | None:
        """Change what is there as it is."""
        present = await self.get(resource, identifier)
        changes = change(present) if present is not None else {}
        return await self.patch(resource, identifier, changes) if changes else present

    async def patch(self, resource: str, identifier: str, changes: Json) -> Json | None:
        """Change what is there into something that the contract accepts, one published step at a time."""
        declared = self.neighbour.contract.resources[resource]
        there = self.bodies[resource]
        number = next(n for n, each in enumerate(there) if each["id"] == identifier)
        after = merged(there[number], changes)
        assert declared.representation.accepts(after), declared.representation.problems(after)
        state = declared.state_attribute
        if state is not None and declared.lifecycle is not None:
            before = str(there[number].get(state)).strip()
            assert declared.lifecycle.allows(before, after[state].strip()), f"{before} → {after[state]}"
        assert not declared.non_patchable & changes.keys()
        self.patches.append(changes)
        there[number] = after
        return after


def peer(found: StrictPeer) -> Peer:
    """The same, as those see it who speak to a neighbour."""
    return cast(Peer, found)
