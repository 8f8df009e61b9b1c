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
from tmfrig.features.wishes import Offering

_ON_SALE = {"lifecycleStatus": "Active", "version": "1.0"}


class Steward(Role):
    """Keeps the product catalog and the service catalog."""

    name: ClassVar[str] = "steward"
    reach: ClassVar[frozenset[str]] = frozenset({CATALOG, SERVICE_CATALOG})

    def publish(self) -> Offering:
        """A new offering for sale, with its price, its specification and the service that realises it.

        Skipped when the target lets nobody create entries, CannotJudge when it refuses these.
        """
        name = f"Scenario {secrets.token_hex(3)}"
        catalog = self.api(CATALOG)
        specification = self._made(
            catalog, "productSpecification", _ON_SALE | {"name": name} | self._realised_by(name)
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

    def _realised_by(self, name: str) -> dict[str, Any]:
        if not self.offers(SERVICE_CATALOG):
            return {}
        body = _ON_SALE | {"name": name, "isBundle": False}
        try:
            made = self._made(self.api(SERVICE_CATALOG), "serviceSpecification", body)
        except (CannotJudge, Skipped):
            return {}  # products without a service of their own are for the target to explain
        return {"serviceSpecification": [{"id": made.id, "name": name}]}

    def _made(self, api: Api, name: str, body: dict[str, Any]) -> Instance:
        resource = api.contract.resources[name]
        return api.fresh(resource, {**api.payload(resource), **fitted(body, resource)})
