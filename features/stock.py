"""What scenarios order where nobody names it: what the catalogs offer, else what the steward publishes.

It is looked for once for each version that is played, and only when a scenario asks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import PrivateAttr

from tmfrig.conformance.check import CannotJudge, Skipped
from tmfrig.features.bodies import objects
from tmfrig.features.cast import CATALOG, SERVICE_CATALOG
from tmfrig.features.channel import is_for_sale
from tmfrig.features.data import Data, Entry
from tmfrig.features.steward import FASTER, Steward

_NEEDS_ANOTHER = frozenset({"requires", "dependency", "relieson"})


class StockedData(Data):
    """A data document whose gaps are filled from the stock."""

    _stock: Stock = PrivateAttr()

    @classmethod
    def of(cls, data: Data, stock: Stock) -> StockedData:
        """The document, with a stock behind it."""
        stocked = cls.model_construct(**{name: getattr(data, name) for name in Data.model_fields})
        stocked._stock = stock
        return stocked

    def offering(self, purpose: str) -> Entry:
        """The offering for a purpose, named or in stock."""
        return self._found("offerings", purpose, super().offering, self._stock.offering)

    def service(self, purpose: str) -> Entry:
        """The service specification for a purpose, named or in stock."""
        return self._found("services", purpose, super().service, self._stock.service)

    def changes(self) -> dict[str, Any]:
        """What a customer may change of `offerings.single`, named or known of what was published."""
        named = super().changes()
        return named if named or self.offerings.single is not None else self._stock.changes()

    def _found(
        self, section: str, purpose: str, named: Callable[[str], Entry], stocked: Callable[[str], Entry]
    ) -> Entry:
        try:
            return named(purpose)
        except Skipped as unnamed:
            try:
                return stocked(purpose)
            except (Skipped, CannotJudge) as problem:
                raise Skipped(f"{unnamed} ({problem})") from None


class Stock:
    """What there is to order in one version. It lasts for a session; its `steward` for a scenario."""

    def __init__(self) -> None:
        self.steward: Steward | None = None
        self._entries: dict[tuple[str, str], Entry] = {}
        self._published: set[str] = set()

    def offering(self, purpose: str) -> Entry:
        """An offering for a purpose. Skipped where there is none and nobody may publish one."""
        return self._kept("offerings", purpose, self._offering)

    def service(self, purpose: str) -> Entry:
        """A service specification for a purpose; as `offering`."""
        return self._kept("services", purpose, self._service)

    def changes(self) -> dict[str, Any]:
        """What can be changed of the single offering; nothing of what somebody else has published."""
        return dict(FASTER) if self.offering("single").id in self._published else {}

    def _kept(self, section: str, purpose: str, find: Callable[[str], Entry]) -> Entry:
        if (section, purpose) not in self._entries:
            self._entries[section, purpose] = find(purpose)
        return self._entries[section, purpose]

    # ── offerings ───────────────────────────────────────────────────────────────────────────────────────────

    def _offering(self, purpose: str) -> Entry:
        steward = self._steward(CATALOG)
        for each in steward.entries(CATALOG, "productOffering"):
            if self._serves(purpose, each):
                return Entry(id=str(each["id"]), name=each.get("name"))
        offering = steward.publish(**self._special(purpose))
        self._published.add(offering.id)
        return Entry(id=offering.id, name=offering.name)

    def _serves(self, purpose: str, offering: dict[str, Any]) -> bool:
        """Whether something that is published already serves a purpose."""
        needed = [
            str(each.get("id"))
            for each in objects(offering.get("productOfferingRelationship"))
            if str(each.get("relationshipType")).lower() in _NEEDS_ANOTHER
        ]
        if not is_for_sale(offering):
            return purpose == "unavailable"
        if offering.get("isBundle") is True:
            return purpose == "bundle" and bool(objects(offering.get("bundledProductOffering")))
        if needed:
            return purpose == "add_on" and self.offering("single").id in needed
        if purpose == "another":
            return bool(offering["id"] != self.offering("single").id)
        return purpose == "single"

    def _special(self, purpose: str) -> dict[str, Any]:
        """What an offering for a purpose has that a single one has not."""
        match purpose:
            case "bundle":
                parts = [self.offering(each) for each in ("single", "another")]
                one = {f"numberRelOffer{each}": 1 for each in ("Default", "LowerLimit", "UpperLimit")}
                bundled = [{**each.reference, "bundledProductOfferingOption": one} for each in parts]
                return {"isBundle": True, "bundledProductOffering": bundled}
            case "add_on":
                single = self.offering("single").reference
                return {"productOfferingRelationship": [{**single, "relationshipType": "requires"}]}
            case "unavailable":
                return {"lifecycleStatus": "Retired", "isSellable": False}
            case _:
                return {}

    # ── services ────────────────────────────────────────────────────────────────────────────────────────────

    def _service(self, purpose: str) -> Entry:
        steward = self._steward(SERVICE_CATALOG)
        for each in steward.entries(SERVICE_CATALOG, "serviceSpecification"):
            below = [
                found
                for found in objects(each.get("serviceSpecRelationship"))
                if str(found.get("relationshipType")).lower() in _NEEDS_ANOTHER and found.get("id")
            ]
            if below and each.get("lifecycleStatus", "Active") == "Active":
                chosen = each if purpose == "single" else below[0]
                return Entry(id=str(chosen["id"]), name=chosen.get("name"))
        underlying = steward.publish_service()
        single = steward.publish_service(underlying)
        chosen_pair = {"single": single, "underlying": underlying}
        for name, entry in chosen_pair.items():
            self._entries["services", name] = entry
        return chosen_pair[purpose]

    def _steward(self, api: str) -> Steward:
        if self.steward is None or not self.steward.offers(api):
            raise Skipped(f"the target does not name {api}, where it could be found or published")
        return self.steward
