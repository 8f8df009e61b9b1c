"""Products as the benchmarks load them into an inventory: any number, each another one."""

from __future__ import annotations

import json
from typing import Any

PER_CUSTOMER = 50
STATES = ("active", "suspended", "terminated")


def product(number: int) -> dict[str, Any]:
    """The product of a number, about one kilobyte."""
    customer, year = number // PER_CUSTOMER, 2015 + number % 10
    return {
        "id": f"p{number}",
        "name": f"Fibre {number // PER_CUSTOMER}",
        "status": STATES[number % 3],
        "isBundle": number % 7 == 0,
        "startDate": f"{year}-{number % 12 + 1:02d}-{number % 28 + 1:02d}T10:00:00Z",
        "productSerialNumber": f"SN{number}",
        "description": "A line for one customer, with everything that belongs to it and some words more",
        "relatedParty": [
            {
                "id": f"c{customer}",
                "name": f"Customer {customer}",
                "role": "customer",
                "@referredType": "Individual",
            }
        ],
        "productOffering": {"id": f"o{number % 200}", "name": "Fibre 500"},
        "productSpecification": {"id": f"s{number % 50}", "name": "Fibre"},
        "productCharacteristic": [
            {"name": "downstream", "value": 500, "valueType": "number"},
            {"name": "technology", "value": "fibre", "valueType": "string"},
        ],
        "billingAccount": {"id": f"b{customer}", "name": "Account"},
        "place": [{"id": f"a{number // 2}", "role": "installation", "@referredType": "GeographicAddress"}],
        "realizingService": [{"id": f"sv{number}"}],
    }


def lines(first: int, end: int) -> bytes:
    """The products of some numbers, a line each."""
    return b"".join(json.dumps(product(number)).encode() + b"\n" for number in range(first, end))
