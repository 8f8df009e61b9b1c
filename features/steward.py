"""The catalog steward: publishes what a scenario needs in the catalogs, where the target lets him."""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import CannotJudge, Skipped, Violation
from tmfrig.conformance.expect import describe_answer
from tmfrig.conformance.instance import Instance
from tmfrig.features.bodies import fitted
from tmfrig.features.cast import CATALOG, SERVICE_CATALOG, Role
from tmfrig.features.data import Entry
from tmfrig.features.wishes import Offering

_LOOKED_AT = 100

_ON_SALE = {"lifecycleStatus": "Active", "version": "1.0"}
_SPEED = "speed"
_USUAL_SPEED, _HIGHER_SPEED = 100, 500
FASTER = {_SPEED: _HIGHER_SPEED}
"""A change that a customer of what is published here may order."""


class Steward(Role):
    """Keeps the product catalog and the service catalog."""

    name: ClassVar[str] = "steward"
    reach: ClassVar[frozenset[str]] = frozenset({CATALOG, SERVICE_CATALOG})

    def entries(self, api: str, name: str) -> list[dict[str, Any]]:
        """Entries that a catalog has already, the first of them; none where it cannot be read."""
        catalog = self.api(api)
        resource = catalog.contract.resources[name]
        answer = catalog.list(
            resource, {"limit": _LOOKED_AT}, label=f"GET {resource.path}, to see what there is"
        )
        return [each for each in answer.representations if "id" in each] if answer.ok else []

    def publish(self, **more: Any) -> Offering:
        """A new offering for sale, with its price, its specification and the service that realises it.

        `more` is what else it says, or says otherwise. Skipped when the target lets nobody create entries,
        CannotJudge when it refuses these.
        """
        name = f"Scenario {secrets.token_hex(3)}"
        catalog = self.api(CATALOG)
        specification = self._made(
            catalog,
            "productSpecification",
            _ON_SALE
            | {"name": name, "productSpecCharacteristic": [_speed("productSpecCharacteristicValue")]}
            | self._realised_by(),
        )
        price = self._made(
            catalog,
            "productOfferingPrice",
            _ON_SALE
            | {
                "name": f"{name} per month",
                "priceType": "recurring",
                "recurringChargePeriodType": "month",
                "recurringChargePeriodLength": 1,
                "price": {"unit": "EUR", "value": 20.0},
            },
        )
        offering = self._made(
            catalog,
            "productOffering",
            _ON_SALE
            | {
                "name": name,
                "isSellable": True,
                "isBundle": False,
                "productSpecification": {"id": specification.id, "name": name},
                "productOfferingPrice": [{"id": price.id, "name": f"{name} per month"}],
                **more,
            },
        )
        return Offering(offering.id, name)

    def change(self, offering: Offering, **change: Any) -> None:
        """Change an offering. Violation when the catalog refuses that."""
        catalog = self.api(CATALOG)
        resource = catalog.contract.resources["productOffering"]
        answer = catalog.patch(
            resource, offering.id, fitted(change, resource, change=True), label="PATCH the offering"
        )
        if answer.status in (404, 405, 501):
            raise Skipped(f"the catalog lets nobody change an offering ({answer.status})")
        if not answer.ok:
            raise Violation(
                f"the product catalog refused to change the offering {offering.id}",
                expected="200",
                actual=describe_answer(answer),
                exchange=answer,
            )

    def publish_service(self, underlying: Entry | None = None) -> Entry:
        """A new service specification, customer-facing where it rests on an `underlying` one."""
        kind = "Resource" if underlying is None else "Customer"
        name = f"Scenario service {secrets.token_hex(3)}"
        body = _ON_SALE | {
            "@type": f"{kind}FacingServiceSpecification",
            "@baseType": "ServiceSpecification",
            "name": name,
            "isBundle": False,
            "specCharacteristic": [_speed("characteristicValueSpecification")],
        }
        if underlying is not None:
            body["serviceSpecRelationship"] = [{**underlying.reference, "relationshipType": "requires"}]
        return Entry(id=self._made(self.api(SERVICE_CATALOG), "serviceSpecification", body).id, name=name)

    def _realised_by(self) -> dict[str, Any]:
        if not self.offers(SERVICE_CATALOG):
            return {}
        try:
            service = self.publish_service(self.publish_service())
        except (CannotJudge, Skipped):
            return {}  # products without a service of their own are for the target to explain
        return {"serviceSpecification": [service.reference]}

    def _made(self, api: Api, name: str, body: dict[str, Any]) -> Instance:
        resource = api.contract.resources[name]
        return api.fresh(resource, {**api.payload(resource), **fitted(body, resource)})


def _speed(values: str) -> dict[str, Any]:
    """A characteristic that can be chosen, with its values under the name that they have there."""
    usual, higher = {"value": _USUAL_SPEED, "isDefault": True}, {"value": _HIGHER_SPEED, "isDefault": False}
    return {"name": _SPEED, "valueType": "number", "configurable": True, values: [usual, higher]}
