"""TMF679 where commercial qualification is split in two: a check of items, a query for possible offerings.

Both think in the words of the older version: requests are translated into them and findings back, so that one
set of rules decides whatever the version.
"""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

from tmfrig.mockservers.behaviours.eligibility import ITEMS, RESOURCE, OfferingQualification
from tmfrig.mockservers.behaviours.qualification import Result
from tmfrig.mockservers.polymorphism import with_types
from tmfrig.mockservers.store import Body
from tmfrig.mockservers.translation import Translation, carried_over
from tmfrig.specs import Contract, standard_contract

CHECK = "checkProductOfferingQualification"
QUERY = "queryProductOfferingQualification"
FOUND = "qualifiedProductOfferingItem"


class OfferingCheck(OfferingQualification):
    """Judges each item of a check; one without items has nothing to judge."""

    resources: ClassVar[frozenset[str]] = frozenset({CHECK})

    async def evaluate(self, request: Body) -> Body:
        """The judged items, and the result of the whole."""
        asked = self._into_older.translated(request) or {}
        if not asked.get(ITEMS):
            return {}
        outcome = asked | await self.judged(asked)
        before, after = (self._from_older.translated(each) or {} for each in (asked, outcome))
        return {name: value for name, value in carried_over(request, before, after).items() if name in after}

    @property
    def _older(self) -> Contract:
        return standard_contract(self.collection.contract.api)

    @cached_property
    def _into_older(self) -> Translation:
        return _translation(self.collection.contract, self._older, CHECK)

    @cached_property
    def _from_older(self) -> Translation:
        return _translation(self._older, self.collection.contract, RESOURCE)


class OfferingQuery(OfferingCheck):
    """Lists the offerings that meet the criteria and are possible where they are wanted."""

    resources: ClassVar[frozenset[str]] = frozenset({QUERY})

    async def evaluate(self, request: Body) -> Body:
        """The offerings that qualify, as items."""
        criteria = request.get("searchCriteria") or {}
        check = {name: request[name] for name in ("@type", "channel", "relatedParty") if name in request}
        asked = self._into_older.translated(
            check | {"id": "", "checkProductOfferingQualificationItem": [criteria | {"id": "1"}]}
        )
        item: Body = next(iter((asked or {}).get(ITEMS, ())), {})
        offering = (item.get("productOffering") or {}).get("id")
        places = (item.get("product") or {}).get("place") or []
        outcome = await self.judged(
            {name: value for name, value in (asked or {}).items() if name != ITEMS}
            | {"category": criteria.get("category"), "place": places}
        )
        found = [
            {"id": str(number), "productOffering": each["productOffering"]}
            for number, each in enumerate(
                (
                    each
                    for each in outcome[ITEMS]
                    if each["qualificationItemResult"] is Result.QUALIFIED
                    and offering in (None, each["productOffering"]["id"])
                ),
                1,
            )
        ]
        return with_types({FOUND: found}, self.collection.resource.attributes)


def _translation(source: Contract, target: Contract, name: str) -> Translation:
    translation = Translation.between(source, target, name)
    if translation is None:
        raise LookupError(f"{source} and {target} share no {name}")
    return translation
