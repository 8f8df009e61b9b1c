"""What TM Forum's words mean in PROVEX's, and back: the one place that knows both."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tmfrig.mockservers.facade.copybook import (
    Card,
    LineState,
    Operation,
    OrderState,
    RecordError,
    century_day,
)
from tmfrig.mockservers.store import Body


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a numeric state is for TMF641 and TMF638; None where it says nothing about one of them."""

    item: str | None
    service: str | None


ORDER_STATES: Mapping[OrderState, Meaning] = {
    OrderState.RECEIVED: Meaning("inProgress", "feasibilityChecked"),
    OrderState.DESIGNED: Meaning("inProgress", "designed"),
    OrderState.PORT_RESERVED: Meaning("inProgress", "reserved"),
    OrderState.AT_EXCHANGE: Meaning("inProgress", "inactive"),
    OrderState.WITHDRAWN: Meaning("cancelled", None),
    OrderState.REFUSED: Meaning("failed", None),
}
"""Told by the protocol. The service's state is that of a line which is being installed."""

LINE_STATES: Mapping[LineState, Meaning] = {
    LineState.PLANNED: Meaning(None, None),
    LineState.BARRED: Meaning("completed", "inactive"),
    LineState.IN_SERVICE: Meaning("completed", "active"),
    LineState.CEASED: Meaning("completed", "terminated"),
}
"""Told by the night file. The item is that of the order which was carried out on the line last."""

OPERATIONS: Mapping[str, Operation] = {
    "add": Operation.INSTALL,
    "modify": Operation.CHANGE,
    "delete": Operation.CEASE,
}
"""What an item's action is for PROVEX; noChange is none of its business."""

BAR_FLAGS: Mapping[Any, str] = {"inactive": "B", "active": "U"}
"""Suspend and resume: the state that a modifying item wants, and the flag of the card."""

RATE_NAMES = frozenset({"downstreamspeed", "downstream", "bandwidth", "speed"})
"""Characteristics, in lower case, that are PROVEX's rate, in Mbit/s. It knows of no other characteristic."""
RATES_PER_MBIT = 10_000
MOST_MBITS = 10**9
PRODUCT_WIDTH, SUBSCRIBER_WIDTH = 8, 20
NO_SUBSCRIBER = "UNNAMED"


def card_for(order: Body, item: Body, number: str, line: int) -> Card | None:
    """The card of an item; None where PROVEX has nothing to do. RecordError for what no card can say."""
    operation = OPERATIONS.get(item["action"])
    if operation is None:
        return None
    service = item["service"]
    card = Card(
        operation=operation,
        order=number,
        line=0 if operation is Operation.INSTALL else line,
        product=product_code(service) if operation is Operation.INSTALL else "",
        subscriber=subscriber_name(order),
        wanted=century_day(datetime.now(UTC).date()),
        rate=rate(service.get("serviceCharacteristic")),
        bar=BAR_FLAGS.get(service.get("state"), "") if operation is Operation.CHANGE else "",
    )
    card.encoded()  # what does not fit shall show here, before anybody is asked
    return card


def product_code(service: Body) -> str:
    """The specification's id (else its name, the service's type or name) as PROVEX spells: FIBREACC."""
    specification = service.get("serviceSpecification") or {}
    words = (
        specification.get("id"),
        specification.get("name"),
        service.get("serviceType"),
        service.get("name"),
    )
    spelled = (upper_case(each) for each in words if isinstance(each, str))
    codes = ("".join(filter(str.isalnum, each))[:PRODUCT_WIDTH] for each in spelled)
    return next((each for each in codes if each), "")


def subscriber_name(order: Body) -> str:
    """The customer's name in at most 20 upper-case letters of EBCDIC."""
    parties = order.get("relatedParty") or ()
    customers = [each for each in parties if str(each.get("role")).lower() == "customer"] or parties
    names = (upper_case(each.get("name") or each.get("id") or "") for each in customers)
    return next((each[:SUBSCRIBER_WIDTH].strip() for each in names if each), NO_SUBSCRIBER)


def upper_case(text: str) -> str:
    """A text in the letters of 1984: Zoë Müller-Strauß becomes ZOE MULLER-STRAUSS, the rest blanks."""
    plain = unicodedata.normalize("NFKD", text.upper())
    kept = (each if each.isascii() and each.isprintable() else " " for each in plain if not _is_accent(each))
    return " ".join("".join(kept).split())


def rate(characteristics: Any) -> int:
    """The speed that is asked for in hundreds of bit/s; 0 where none is. RecordError for an absurd one."""
    for each in characteristics or ():
        value = each.get("value")
        if str(each.get("name")).lower() not in RATE_NAMES or isinstance(value, bool):
            continue
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
            value = int(value)
        if isinstance(value, int | float):
            if not 0 <= value < MOST_MBITS:
                raise RecordError(f"{value} Mbit/s is no rate")
            return round(value * RATES_PER_MBIT)
    return 0


def megabits(rate: int) -> float | int:
    """A rate of PROVEX in Mbit/s."""
    return rate // RATES_PER_MBIT if rate % RATES_PER_MBIT == 0 else rate / RATES_PER_MBIT


def refusal(code: int | str, text: str, message: str) -> Body:
    """A refusal as a failed item tells it: PROVEX's code and words, and what was to be done."""
    return {"code": str(code), "reason": text, "message": message}


def _is_accent(character: str) -> bool:
    return unicodedata.combining(character) != 0
