"""TMF679: whether offerings can be sold to whom asks, from the catalog and the coverage data.

The catalog is looked up where it can be; without it coverage alone decides: a qualification never depends on
it.
"""

from __future__ import annotations

from typing import Any, ClassVar

from tmfrig.mockservers.behaviours.qualification import Finding, Qualification, Result, overall
from tmfrig.mockservers.coverage import Area, Fit
from tmfrig.mockservers.store import Body

RESOURCE = "productOfferingQualification"
ITEMS = f"{RESOURCE}Item"
SOLD = frozenset({"active", "launched"})
"""Lifecycle statuses, in lower case, in which an offering is sold."""


class OfferingQualification(Qualification):
    """Judges each item; a request without items is asked which offerings there are, and lists them."""

    resources: ClassVar[frozenset[str]] = frozenset({RESOURCE})

    async def evaluate(self, request: Body) -> Body:
        """The judged items, and the result of the whole."""
        return await self.judged(request)

    async def judged(self, request: Body) -> Body:
        """The outcome for a request in the words of version 4, in which everything here is thought."""
        asked = request.get(ITEMS) or await self._every_offering(request)
        only_available = bool(request.get("provideOnlyAvailable", not request.get(ITEMS)))
        wanted = bool(request.get("provideAlternative"))
        items, results = [], []
        for item in asked:
            finding = await self._finding(request, item)
            result = finding.result(with_alternatives=wanted)
            if only_available and result is Result.UNQUALIFIED:
                continue
            described = finding.described(request, "alternateProductOfferingProposal")
            items.append(item | {"qualificationItemResult": result} | described)
            results.append(result)
        return {ITEMS: items, "qualificationResult": overall(results) if items else Result.UNQUALIFIED}

    async def _every_offering(self, request: Body) -> list[Body]:
        category = (request.get("category") or {}).get("id")
        return [
            {
                "id": str(number),
                "productOffering": await self.look_ups.reference("TMF620", "productOffering", offering["id"]),
            }
            for number, offering in enumerate(await self.look_ups.every("TMF620", "productOffering"), 1)
            if category is None or _refers_to(offering.get("category"), category)
        ]

    async def _finding(self, request: Body, item: Body) -> Finding:
        product = item.get("product") or {}
        identifier = (item.get("productOffering") or product.get("productOffering") or {}).get("id")
        if identifier is None or item.get("action") in ("delete", "noChange"):
            return Finding(possible=True)
        if not await self.look_ups.knows("TMF620", "productOffering", identifier):
            return Finding(False, "unknownOffering", f"No product offering has the id {identifier}.")
        offering = await self.look_ups.one("TMF620", "productOffering", identifier)
        refusal = _commercial_refusal(offering or {}, request)
        if refusal is not None:
            return refusal
        places = [*(product.get("place") or ()), *(request.get("place") or ())]
        if not places:
            return Finding(possible=True)  # where it is wanted is a question for later, and for TMF645
        return await self._coverage_finding(identifier, self._area(places))

    async def _coverage_finding(self, identifier: str, area: Area | None) -> Finding:
        reach = self.site.coverage.judge_offering(identifier, area)
        if reach.fit is Fit.FULL:
            return Finding(possible=True)
        proposals = [
            {
                "id": str(number),
                "alternateProductOffering": await self.look_ups.reference("TMF620", "productOffering", each),
            }
            for number, each in enumerate(reach.alternatives, 1)
        ]
        return Finding(False, f"coverage.{reach.fit}", reach.reason, tuple(proposals))

    def _area(self, places: list[Body]) -> Area | None:
        found = (self.site.coverage.find(each) for each in places)
        return next((each for each in found if each is not None), None)


def _commercial_refusal(offering: Body, request: Body) -> Finding | None:
    name = offering.get("name", "The offering")
    if offering.get("isSellable") is False:
        return Finding(False, "notSellable", f"{name} is not sold by itself.")
    status = offering.get("lifecycleStatus")
    if status is not None and status.lower() not in SOLD:
        return Finding(False, "notOnSale", f"{name} is not on sale: its lifecycle status is {status}.")
    channel = (request.get("channel") or {}).get("id")
    if channel is not None and offering.get("channel") and not _refers_to(offering["channel"], channel):
        return Finding(False, "channel", f"{name} is not sold through the channel {channel}.")
    return None


def _refers_to(references: Any, identifier: str) -> bool:
    return any(each.get("id") == identifier for each in references or ())
