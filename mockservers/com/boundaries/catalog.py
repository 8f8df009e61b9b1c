"""TMF620 and TMF633, product and service catalog: what is sold and what it is made of."""

from __future__ import annotations

from typing import Any

from tmfrig.mockservers.com.boundaries.wording import Body, identifier, identifiers, objects, text
from tmfrig.mockservers.com.catalog import Blueprint, Offer, Part, ServiceBlueprint, TraitRule
from tmfrig.mockservers.com.plan import Facing
from tmfrig.mockservers.neighbours import Peer

USED_VALUES = "productSpecCharacteristicValue"
_SOLD = frozenset({"", "active", "launched"})
"""Lifecycle statuses, in lower case, in which an offering is sold: free text, and optional."""
_REQUIRES = frozenset({"requires", "dependency"})
_RELIES_ON = frozenset({"relieson", "dependson"})


class Catalogs:
    """Both catalogs as the domain sees them."""

    def __init__(self, products: Peer, services: Peer) -> None:
        self._products = products
        self._services = services

    async def offer(self, identifier: str) -> Offer | None:
        """A product offering."""
        body = await self._products.get("productOffering", identifier)
        return None if body is None else _offer(body, identifier)

    async def blueprint(self, identifier: str) -> Blueprint | None:
        """A product specification."""
        body = await self._products.get("productSpecification", identifier)
        if body is None:
            return None
        return Blueprint(
            id=identifier,
            name=text(body.get("name")),
            services=identifiers(body.get("serviceSpecification")),
            rules=[
                _rule(each, "productSpecCharacteristicValue")
                for each in _named(body, "productSpecCharacteristic")
            ],
        )

    async def service_blueprint(self, identifier: str) -> ServiceBlueprint | None:
        """A service specification."""
        body = await self._services.get("serviceSpecification", identifier)
        if body is None:
            return None
        related = objects(body.get("serviceSpecRelationship"))
        return ServiceBlueprint(
            id=identifier,
            name=text(body.get("name")),
            facing=Facing.RESOURCE if "Resource" in text(body.get("@type")) else Facing.CUSTOMER,
            requires=_related(related, _REQUIRES),
            relies_on=_related(related, _RELIES_ON),
            rules=[
                _rule(each, "characteristicValueSpecification") for each in _named(body, "specCharacteristic")
            ],
        )


def _offer(body: Body, known_as: str) -> Offer:
    status = text(body.get("lifecycleStatus"))
    is_offered = status.strip().lower() in _SOLD
    is_sold_alone = body.get("isSellable") is not False
    uses = [each for each in objects(body.get("prodSpecCharValueUse")) if each.get("name")]
    return Offer(
        id=known_as,
        name=text(body.get("name")) or known_as,
        on_sale=is_offered and is_sold_alone,
        why_not="it is not sold by itself" if is_offered else f"its lifecycle status is {status}",
        only_in_packages=is_offered and not is_sold_alone,
        blueprint=identifier(body.get("productSpecification")),
        is_package=body.get("isBundle") is True,
        parts=[part for each in objects(body.get("bundledProductOffering")) for part in _part(each)],
        traits={str(each["name"]): found[0] for each in uses if (found := _used(each))},
        choices={str(each["name"]): found for each in uses if (found := _choices(each))},
    )


def _part(body: Body) -> list[Part]:
    offer = identifier(body)
    if offer is None:
        return []
    option = body.get("bundledProductOfferingOption")
    limits = option if isinstance(option, dict) else {}
    usual, least = limits.get("numberRelOfferDefault"), limits.get("numberRelOfferLowerLimit")
    most = limits.get("numberRelOfferUpperLimit")
    return [
        Part(
            offer=offer,
            usual=usual if isinstance(usual, int) else 1,
            least=least if isinstance(least, int) else 0,
            most=most if isinstance(most, int) else None,
        )
    ]


def _used(use: Body) -> list[Any]:
    """The value that an offering fixes or suggests, if any: one that is left to choose is no value yet."""
    values = objects(use.get(USED_VALUES))
    chosen = [each for each in values if each.get("isDefault")] or (values if len(values) == 1 else [])
    return [each["value"] for each in chosen[:1] if each.get("value") is not None]


def _choices(use: Body) -> list[Any]:
    """The values that an offering leaves; none where it leaves ranges of them."""
    values = [each.get("value") for each in objects(use.get(USED_VALUES))]
    return [] if None in values else values


def _rule(body: Body, values_name: str) -> TraitRule:
    values = objects(body.get(values_name))
    single = [each["value"] for each in values if each.get("value") is not None]
    ranges = [each for each in values if each.get("valueFrom") is not None or each.get("valueTo") is not None]
    default = next((each.get("value") for each in values if each.get("isDefault")), None)
    if default is None and len(single) == 1:
        default = single[0]
    extensible = body.get("extensible") is True
    return TraitRule(
        name=str(body["name"]),
        allowed=[] if extensible or ranges else single,
        default=default,
        least=_limit(ranges, "valueFrom"),
        most=_limit(ranges, "valueTo"),
        pattern=text(body.get("regex")) or None,
    )


def _limit(ranges: list[Body], name: str) -> float | None:
    """The limit of a single range; several ranges limit nothing that can be said so simply."""
    if len(ranges) != 1:
        return None
    value = ranges[0].get(name)
    return float(value) if isinstance(value, int | float) else None


def _named(body: Body, name: str) -> list[Body]:
    return [each for each in objects(body.get(name)) if each.get("name")]


def _related(relationships: list[Body], kinds: frozenset[str]) -> list[str]:
    chosen = [each for each in relationships if text(each.get("relationshipType")).lower() in kinds]
    return [found for each in chosen if (found := identifier(each)) is not None]
