"""Product orders with three items, as the benchmarks send and validate them."""

from __future__ import annotations

from typing import Any

ORDER: dict[str, Any] = {
    "externalId": "bench-1",
    "description": "Three lines",
    "relatedParty": [{"id": "42", "role": "customer", "@referredType": "Individual"}],
    "productOrderItem": [
        {
            "id": str(number),
            "quantity": 1,
            "action": "add",
            "productOffering": {"id": "fibre-500", "name": "Fibre 500"},
            "product": {
                "isBundle": False,
                "productCharacteristic": [{"name": "speed", "value": 500, "valueType": "number"}],
            },
        }
        for number in (1, 2, 3)
    ],
}


def order_of_version_5() -> dict[str, Any]:
    """The same order in version 5, with sub-types and references to choose among."""
    return {
        "@type": "ProductOrder",
        "externalId": [{"@type": "ExternalIdentifier", "id": "bench-1"}],
        "description": "Three lines",
        "relatedParty": [
            {
                "@type": "RelatedPartyRefOrPartyRoleRef",
                "role": "customer",
                "partyOrPartyRole": {"@type": "PartyRef", "id": "42", "@referredType": "Individual"},
            }
        ],
        "productOrderItem": [_item_of_version_5(number) for number in (1, 2, 3)],
    }


def _item_of_version_5(number: int) -> dict[str, Any]:
    place = {"@type": "PlaceRef", "id": "a", "@referredType": "GeographicAddress"}
    price = {"@type": "Price", "taxIncludedAmount": {"unit": "EUR", "value": 10.0}}
    return {
        "@type": "ProductOrderItem",
        "id": str(number),
        "quantity": 1,
        "action": "add",
        "productOffering": {"@type": "ProductOfferingRef", "id": "fibre-500", "name": "Fibre 500"},
        "product": {
            "@type": "Product",
            "isBundle": False,
            "place": [{"@type": "RelatedPlaceRefOrValue", "role": "installation", "place": place}],
            "productCharacteristic": [
                {"@type": "IntegerCharacteristic", "name": "speed", "value": 500},
                {"@type": "StringCharacteristic", "name": "ipVersion", "value": "dual-stack"},
            ],
        },
        "itemPrice": [{"@type": "OrderPrice", "priceType": "recurring", "price": price}],
    }
