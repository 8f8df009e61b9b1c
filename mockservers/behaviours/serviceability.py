"""TMF645: whether services are technically possible at an address, from the coverage data."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, ClassVar

from tmfrig.mockservers.behaviours.qualification import Finding, Qualification, overall
from tmfrig.mockservers.collection import Draft
from tmfrig.mockservers.coverage import Area, Fit, Reach
from tmfrig.mockservers.store import Body

SPEED_NAMES = frozenset({"downstream", "downstreamspeed", "downloadspeed", "speed", "bandwidth"})
"""Characteristics, in lower case without blanks, that ask for a downstream speed in Mbit/s."""


class ServiceQualification(Qualification):
    """A check judges each item; a query lists every service specification that is possible at the address."""

    resources: ClassVar[frozenset[str]] = frozenset(
        {"checkServiceQualification", "queryServiceQualification"}
    )

    async def admit(self, draft: Draft) -> None:
        """As every qualification; a query has its list of services from the start, empty at first."""
        draft.body.setdefault("serviceQualificationItem", [])
        await super().admit(draft)

    async def evaluate(self, request: Body) -> Body:
        """The judged items of a check, with the result of the whole, or the services that a query finds."""
        if "searchCriteria" in self.collection.resource.attributes:
            return {
                "serviceQualificationItem": await self._possible_services(request.get("searchCriteria") or {})
            }
        findings = [(item, await self._finding(item)) for item in request["serviceQualificationItem"]]
        wanted = bool(request.get("provideAlternative"))
        results = [finding.result(with_alternatives=wanted) for _, finding in findings]
        items = [
            item | {"qualificationResult": result} | finding.described(request, "alternateServiceProposal")
            for (item, finding), result in zip(findings, results, strict=True)
        ]
        return {"serviceQualificationItem": items, "qualificationResult": overall(results)}

    async def _finding(self, item: Body) -> Finding:
        service = item.get("service") or {}
        specification = (service.get("serviceSpecification") or {}).get("id")
        if specification is None:
            return Finding(possible=True)
        if not await self.look_ups.knows("TMF633", "serviceSpecification", specification):
            return Finding(
                False, "unknownSpecification", f"No service specification has the id {specification}."
            )
        reach = self.site.coverage.judge_service(specification, self._area(service), _asked_speed(service))
        if reach.fit is Fit.FULL:
            return Finding(possible=True)
        proposals = [each async for each in self._proposals(service, reach)]
        return Finding(False, f"coverage.{reach.fit}", reach.reason, tuple(proposals))

    async def _proposals(self, service: Body, reach: Reach) -> AsyncIterator[Body]:
        same = {name: service[name] for name in ("serviceSpecification", "place") if name in service}
        count = 0
        if reach.fit is Fit.LIMITED and reach.downstream is not None:
            count += 1
            speed = {"name": "downstream", "value": reach.downstream, "valueType": "number"}
            yield {"id": str(count), "alternateService": same | {"serviceCharacteristic": [speed]}}
        for identifier in reach.alternatives:
            count += 1
            reference = await self.look_ups.reference("TMF633", "serviceSpecification", identifier)
            yield {"id": str(count), "alternateService": same | {"serviceSpecification": reference}}
        if reach.available_from is not None:
            count += 1
            yield {
                "id": str(count),
                "alternateServiceAvailabilityDate": reach.available_from,
                "alternateService": same,
            }

    async def _possible_services(self, criteria: Body) -> list[Body]:
        service = criteria.get("service") or {}
        wanted = (service.get("serviceSpecification") or {}).get("id")
        category = (criteria.get("category") or {}).get("id")
        area = self._area(service)
        found: list[Body] = []
        for specification in await self.look_ups.every("TMF633", "serviceSpecification"):
            identifier = specification["id"]
            if wanted not in (None, identifier) or not await self._in_category(identifier, category):
                continue
            if self.site.coverage.judge_service(identifier, area, _asked_speed(service)).fit is Fit.FULL:
                reference = await self.look_ups.reference("TMF633", "serviceSpecification", identifier)
                place = {"place": service["place"]} if service.get("place") else {}
                found.append(
                    {"id": str(len(found) + 1), "service": {"serviceSpecification": reference} | place}
                )
        return found

    async def _in_category(self, specification: str, category: str | None) -> bool:
        if category is None:
            return True
        return any(
            (candidate.get("serviceSpecification") or {}).get("id") == specification
            and any(each.get("id") == category for each in candidate.get("category") or ())
            for candidate in await self.look_ups.every("TMF633", "serviceCandidate")
        )

    def _area(self, service: Body) -> Area | None:
        return next(iter(_areas(self.site.coverage, service.get("place"))), None)


def _areas(coverage: Any, places: Any) -> Iterator[Area]:
    for place in places or ():
        area = coverage.find(place)
        if area is not None:
            yield area


def _asked_speed(service: Body) -> int | None:
    for characteristic in service.get("serviceCharacteristic") or ():
        name = str(characteristic.get("name")).lower().replace(" ", "").replace("_", "")
        value = characteristic.get("value")
        if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
            value = int(value)
        if name in SPEED_NAMES and isinstance(value, int | float) and not isinstance(value, bool):
            return int(value)
    return None
