"""Faults of response headers: where a new resource is, and of what kind an answer is."""

from __future__ import annotations

from tmfrig.mockservers.faults.answers import Altered, Answer, altering
from tmfrig.specs import Kind

FAMILY = "headers"
LOCATION = b"location"


@altering(
    "location-missing",
    "TMF622",
    "A 201 has no Location; it should name the new resource there.",
    rule="HTTP-05",
    family=FAMILY,
    on=Kind.CREATE,
    answered="201",
)
def no_location(_exchange: Altered, answer: Answer) -> Answer:
    """Thinks that the body is enough."""
    return answer.without_header(LOCATION)


@altering(
    "location-of-the-collection",
    "TMF637",
    "Location names the collection; it should name the new resource.",
    rule="HTTP-05",
    family=FAMILY,
    on=Kind.CREATE,
    answered="201",
)
def location_of_the_collection(_exchange: Altered, answer: Answer) -> Answer:
    """Builds Location from the address of the request."""
    location = answer.header(LOCATION) or b""
    return answer.with_header(LOCATION, location.rpartition(b"/")[0])


@altering(
    "location-of-an-inner-host",
    "TMF638",
    "Location names a host that only the server knows; it should be the address that href has.",
    rule="HTTP-05",
    family=FAMILY,
    on=Kind.CREATE,
    answered="201",
)
def location_behind_the_gateway(exchange: Altered, answer: Answer) -> Answer:
    """Does not know of the gateway before it."""
    location = answer.header(LOCATION) or b""
    inner = location.replace(exchange.origin().encode(), b"http://inventory-svc.prod.svc:8080")
    return answer.with_header(LOCATION, inner)


@altering(
    "location-is-the-id",
    "TMF641",
    "Location holds the bare id; it should be the address of the new resource.",
    rule="HTTP-05",
    family=FAMILY,
    on=Kind.CREATE,
    answered="201",
)
def location_is_the_id(_exchange: Altered, answer: Answer) -> Answer:
    """Lets the client work the address out."""
    return answer.with_header(LOCATION, str(answer.json["id"]).encode())


@altering(
    "location-with-base-path-twice",
    "TMF620",
    "Location has the base path twice; it should be the address of the new resource.",
    rule="HTTP-05",
    family=FAMILY,
    on=Kind.CREATE,
    answered="201",
)
def base_path_twice(exchange: Altered, answer: Answer) -> Answer:
    """Puts the base path in front of what has it already."""
    base = (exchange.contract.base_path if exchange.contract else "").encode()
    location = answer.header(LOCATION) or b""
    return answer.with_header(LOCATION, location.replace(base, base + base, 1))
