"""The operator: causes the disturbances that operations live with, and asks the COM to reconcile.

The orchestrator places service orders without a COM, where fulfilment is looked at by itself.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from tmfrig.conformance.check import CannotJudge, Skipped, Violation
from tmfrig.conformance.exchange import Exchange
from tmfrig.conformance.expect import describe_answer
from tmfrig.conformance.instance import created_by
from tmfrig.features.bodies import characteristics, fitted
from tmfrig.features.cast import (
    ORDER_MANAGEMENT,
    PRODUCT_INVENTORY,
    SERVICE_INVENTORY,
    SERVICE_ORDERING,
    Role,
)
from tmfrig.features.data import Entry
from tmfrig.features.following import Ear, Followed
from tmfrig.features.orders import ServiceOrder


@dataclass(frozen=True)
class Drift:
    """One finding of a reconciliation."""

    id: str
    kind: str
    explanation: str
    correction: str | None
    body: Mapping[str, Any]
    exchange: Exchange


class Reconciliation(Followed):
    """A reconciliation job at the COM."""

    noun: ClassVar[str] = "reconciliation"
    owner: ClassVar[str] = "the COM"


class Operator(Role):
    """Operates the services and the COM."""

    name: ClassVar[str] = "operator"
    reach: ClassVar[frozenset[str]] = frozenset({SERVICE_INVENTORY, PRODUCT_INVENTORY, ORDER_MANAGEMENT})

    def change_service(self, id: str, change: Mapping[str, Any]) -> None:
        """Change a service behind the COM's back. CannotJudge when service inventory refuses."""
        api = self.api(SERVICE_INVENTORY)
        resource = api.contract.resources["service"]
        body = fitted(change, resource, change=True)
        answer = api.patch(resource, id, body, label="PATCH the service, behind the COM's back")
        if not answer.ok:
            raise CannotJudge(f"the service {id} could not be disturbed: {describe_answer(answer)}")

    def stray_service(self, specification: Entry) -> str:
        """A service that nobody has ordered; its id. CannotJudge when service inventory refuses it."""
        api = self.api(SERVICE_INVENTORY)
        resource = api.contract.resources["service"]
        body = {
            "name": f"Found in the network {secrets.token_hex(3)}",
            "category": "CFS",
            "state": "active",
            "serviceType": specification.id,
            "serviceSpecification": specification.reference,
        }
        payload = {**api.payload(resource), **fitted(body, resource)}
        return api.fresh(resource, payload).id

    def lose_product(self, id: str) -> None:
        """Remove a product from product inventory. Skipped when that is not offered."""
        api = self.api(PRODUCT_INVENTORY)
        answer = api.delete(api.contract.resources["product"], id, label="DELETE the product, as an accident")
        if not answer.ok:
            raise Skipped(f"product inventory lets nobody remove a product ({answer.status})")

    def reconcile(
        self, policy: str, *, service: str | None = None, product: str | None = None
    ) -> Reconciliation:
        """Have the COM compare the inventories, and wait until it is done."""
        api = self.api(ORDER_MANAGEMENT)
        resource = api.contract.resources["reconciliationJob"]
        scope = {"service": service, "product": product}
        body = {"policy": policy} | {name: {"id": id} for name, id in scope.items() if id is not None}
        answer = api.create(resource, body, label="POST the reconciliation")
        made = created_by(answer, resource)
        if made is None:
            raise Violation(
                f"the COM does not reconcile: it answered {describe_answer(answer)}",
                expected="201 with the job",
                actual=describe_answer(answer),
                exchange=answer,
            )
        job = Reconciliation(api, resource, made.id, answer, self.story.patience)
        job.reach("done")
        return job

    def findings_of(self, job: Reconciliation) -> list[Drift]:
        """What a reconciliation has found."""
        return [
            Drift(
                id=str(body.get("id")),
                kind=str(body.get("kind")),
                explanation=str(body.get("explanation") or ""),
                correction=(body.get("correction") or {}).get("state"),
                body=body,
                exchange=answer,
            )
            for answer in [self._asked("reconciliationFinding", "job.id", job.id)]
            for body in answer.representations
        ]

    def orchestration_of(self, order_id: str) -> tuple[dict[str, Any], Exchange]:
        """How the COM carries out an order. Violation when it knows nothing of it."""
        return self._single("orchestration", order_id)

    def plan_of(self, order_id: str) -> tuple[dict[str, Any], Exchange]:
        """Into what the COM has decomposed an order. Violation when it knows nothing of it."""
        return self._single("orderPlan", order_id)

    def _single(self, kind: str, order_id: str) -> tuple[dict[str, Any], Exchange]:
        answer = self._asked(kind, "order.id", order_id)
        if not answer.representations:
            raise Violation(
                f"the COM has no {kind} of the order {order_id}",
                expected=f"one {kind}",
                actual=describe_answer(answer),
                exchange=answer,
            )
        return answer.representations[0], answer

    def _asked(self, kind: str, by: str, value: str) -> Exchange:
        api = self.api(ORDER_MANAGEMENT)
        return api.list(api.contract.resources[kind], {by: value}, label=f"GET the {kind}s, by {by}")


class Orchestrator(Role):
    """Orders services by itself, in the COM's place."""

    name: ClassVar[str] = "orchestrator"
    reach: ClassVar[frozenset[str]] = frozenset({SERVICE_ORDERING})

    def order_services(
        self, specifications: Sequence[Entry], script: str = "", ear: Ear | None = None
    ) -> ServiceOrder:
        """Order one of each service; the first rests on the others. Violation when the order is refused."""
        api = self.api(SERVICE_ORDERING)
        resource = api.contract.resources["serviceOrder"]
        name = f"tmfrig-{secrets.token_hex(4)}{script}"
        first, *others = [
            _item(str(number), each, self._place()) for number, each in enumerate(specifications, 1)
        ]
        if others:
            first["serviceOrderItemRelationship"] = [
                {"relationshipType": "reliesOn", "orderItem": {"id": each["id"], "itemId": each["id"]}}
                for each in others
            ]
        body = {
            "externalId": name,
            "externalReference": [{"externalReferenceType": "customerOrder", "name": name}],
            "description": "A service order of a tmfrig scenario",
            "serviceOrderItem": [first, *others],
        }
        answer = api.create(
            resource, {**api.payload(resource), **fitted(body, resource)}, label="POST the service order"
        )
        made = created_by(answer, resource)
        if made is None:
            raise Violation(
                f"service ordering refused the service order: it answered {describe_answer(answer)}",
                expected="201 with the service order",
                actual=describe_answer(answer),
                exchange=answer,
            )
        return ServiceOrder(api, resource, made.id, answer, self.story.patience, ear)

    def _place(self) -> list[dict[str, Any]]:
        place = self.data.places.full
        if place is None:
            return []
        return [{"role": "installationAddress", "@referredType": "GeographicAddress", **place.reference}]


def _item(id: str, specification: Entry, place: list[dict[str, Any]]) -> dict[str, Any]:
    service: dict[str, Any] = {
        "name": specification.name or specification.id,
        "serviceType": specification.id,
        "serviceSpecification": specification.reference,
    }
    if specification.characteristics:
        service["serviceCharacteristic"] = characteristics(specification.characteristics)
    if place:
        service["place"] = place
    return {"id": id, "action": "add", "service": service}
