"""Faults of representations: values of another type or form than the contract has."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tmfrig.mockservers.faults.answers import Altered, Answer, altering
from tmfrig.mockservers.faults.misreading import each_scalar
from tmfrig.mockservers.store import Body
from tmfrig.specs import Kind

SCHEMA, DATES = "schema", "numbers-and-dates"
CATALOG, ORDERS, PRODUCTS, SERVICES, SERVICE_ORDERS = "TMF620", "TMF622", "TMF637", "TMF638", "TMF641"
SHOWN = (Kind.LIST, Kind.CREATE, Kind.RETRIEVE, Kind.PATCH)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")

# ── types ───────────────────────────────────────────────────────────────────────────────────────────────────


@altering(
    "booleans-as-text",
    CATALOG,
    'Booleans are written as text, "false"; they should be true or false.',
    rule="HTTP-04",
    family=SCHEMA,
    on=SHOWN,
)
def booleans_are_text(_exchange: Altered, answer: Answer) -> Answer:
    """Hands on what the data base has."""
    return answer.with_json(
        each_scalar(answer.json, lambda value: str(value).lower() if isinstance(value, bool) else value)
    )


@altering(
    "numbers-as-text",
    CATALOG,
    'Numbers are written as text, "12.5"; they should be numbers.',
    rule="HTTP-04",
    family=SCHEMA,
    on=SHOWN,
)
def numbers_are_text(_exchange: Altered, answer: Answer) -> Answer:
    """Is afraid of rounding."""

    def as_text(value: Any) -> Any:
        return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value

    return answer.with_json(each_scalar(answer.json, as_text))


@altering(
    "array-of-one-is-an-object",
    ORDERS,
    "An attribute that is a list is written as an object where it has one element; it should be a list.",
    rule="HTTP-04",
    family=SCHEMA,
    on=SHOWN,
)
def one_element_is_no_list(_exchange: Altered, answer: Answer) -> Answer:
    """Makes JSON of XML, where a single element is no list."""

    def unwrapped(value: Any) -> Any:
        return value[0] if isinstance(value, list) and len(value) == 1 else value

    return answer.with_each(lambda body: {name: unwrapped(value) for name, value in body.items()})


@altering(
    "text-as-object-by-language",
    PRODUCTS,
    "A description is written as an object of texts by language; it should be a text.",
    rule="HTTP-04",
    family=SCHEMA,
    on=SHOWN,
)
def descriptions_by_language(_exchange: Altered, answer: Answer) -> Answer:
    """Speaks several languages at once."""

    def translated(body: Body) -> Body:
        return body | {"description": {"en": body["description"]}} if "description" in body else body

    return answer.with_each(translated)


@altering(
    "list-of-addresses",
    SERVICES,
    "A collection is answered with a list of addresses; its elements should be the resources.",
    rule="HTTP-01",
    family=SCHEMA,
    on=Kind.LIST,
)
def lists_hold_addresses(_exchange: Altered, answer: Answer) -> Answer:
    """Lets clients fetch what they want to see."""
    return answer.with_json([each["href"] for each in answer.json])


@altering(
    "reference-as-text",
    SERVICES,
    "A reference to a specification is written as its id; it should be an object.",
    rule="HTTP-02",
    family=SCHEMA,
    on=SHOWN,
)
def references_are_ids(_exchange: Altered, answer: Answer) -> Answer:
    """Shows foreign keys as they are."""

    def flattened(body: Body) -> Body:
        return {
            name: value["id"] if name.endswith("Specification") and isinstance(value, dict) else value
            for name, value in body.items()
        }

    return answer.with_each(flattened)


@altering(
    "patch-answered-with-a-list",
    PRODUCTS,
    "A PATCH is answered with a list that holds the resource; it should be the resource.",
    rule="HTTP-08",
    family=SCHEMA,
    on=Kind.PATCH,
)
def patches_answer_a_list(_exchange: Altered, answer: Answer) -> Answer:
    """Answers with all rows that an update has touched."""
    return answer.with_json([answer.json])


# ── enumerations ────────────────────────────────────────────────────────────────────────────────────────────


@altering(
    "states-in-capitals",
    ORDERS,
    "States are written in capitals; they should be spelled as the contract lists them.",
    rule="ENUM-01",
    family=SCHEMA,
    on=SHOWN,
)
def states_shout(_exchange: Altered, answer: Answer) -> Answer:
    """Shows the names of its own constants."""

    def shouted(name: str, value: Any) -> Any:
        return value.upper() if name == "state" and isinstance(value, str) else value

    return answer.with_json(_everywhere_named(answer.json, shouted))


@altering(
    "states-in-other-words",
    SERVICE_ORDERS,
    "A state has a word of the vendor's own; it should be one that the contract lists.",
    rule="ENUM-01",
    family=SCHEMA,
    on=SHOWN,
)
def states_of_its_own(_exchange: Altered, answer: Answer) -> Answer:
    """Hands on the states of the system behind."""
    own = {"acknowledged": "received", "accepted": "received", "inProgress": "in_progress"}

    def renamed(name: str, value: Any) -> Any:
        return own.get(value, value) if name == "state" and isinstance(value, str) else value

    return answer.with_json(_everywhere_named(answer.json, renamed))


@altering(
    "item-actions-in-other-words",
    ORDERS,
    "The action of an order item comes back in other words; it should be one that the contract lists.",
    rule="ENUM-01",
    family=SCHEMA,
    on=SHOWN,
)
def actions_of_its_own(_exchange: Altered, answer: Answer) -> Answer:
    """Translates actions one way only."""
    own = {"add": "PROVIDE", "modify": "CHANGE", "delete": "CEASE"}

    def renamed(name: str, value: Any) -> Any:
        return own.get(value, value) if name == "action" and isinstance(value, str) else value

    return answer.with_json(_everywhere_named(answer.json, renamed))


# ── dates ───────────────────────────────────────────────────────────────────────────────────────────────────


def _dates(answer: Answer, written: Callable[[datetime], Any]) -> Answer:
    """An answer with every moment written in another way."""

    def rewritten(value: Any) -> Any:
        is_moment = isinstance(value, str) and _MOMENT.fullmatch(value)
        return written(datetime.fromisoformat(value)) if is_moment else value

    return answer.with_json(each_scalar(answer.json, rewritten))


@altering(
    "dates-without-zone",
    ORDERS,
    "Date-times have no time zone; RFC 3339 asks for one.",
    rule="DATE-01",
    family=DATES,
    on=SHOWN,
)
def dates_without_zone(_exchange: Altered, answer: Answer) -> Answer:
    """Writes local times."""
    return _dates(answer, lambda moment: moment.replace(tzinfo=None).isoformat(timespec="seconds"))


@altering(
    "dates-with-zone-without-colon",
    CATALOG,
    "The offset of a date-time has no colon, +0000; RFC 3339 asks for one.",
    rule="DATE-01",
    family=DATES,
    on=SHOWN,
)
def dates_without_colon(_exchange: Altered, answer: Answer) -> Answer:
    """Formats dates as its library did by default for years."""
    return _dates(answer, lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S.000%z"))


@altering(
    "dates-without-time",
    CATALOG,
    "Date-times are written as days; RFC 3339 asks for a time and a zone.",
    rule="DATE-01",
    family=DATES,
    on=SHOWN,
)
def dates_without_time(_exchange: Altered, answer: Answer) -> Answer:
    """Keeps dates in a column for days."""
    return _dates(answer, lambda moment: moment.date().isoformat())


@altering(
    "dates-as-people-write-them",
    ORDERS,
    "Date-times are written as 23.11.2026 10:00; they should be RFC 3339.",
    rule="DATE-01",
    family=DATES,
    on=SHOWN,
)
def dates_for_people(_exchange: Altered, answer: Answer) -> Answer:
    """Formats dates for its own country."""
    return _dates(answer, lambda moment: moment.strftime("%d.%m.%Y %H:%M"))


@altering(
    "dates-as-numbers",
    CATALOG,
    "Date-times are written as milliseconds since 1970; the contract has them as text.",
    rule="HTTP-04",
    family=DATES,
    on=SHOWN,
)
def dates_are_numbers(_exchange: Altered, answer: Answer) -> Answer:
    """Leaves dates to its JSON library."""
    return _dates(answer, lambda moment: int(moment.timestamp() * 1000))


def _everywhere_named(value: Any, change: Callable[[str, Any], Any], name: str = "") -> Any:
    """JSON with each of its scalars changed by the name of its attribute and its value."""
    if isinstance(value, dict):
        return {key: _everywhere_named(each, change, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_everywhere_named(each, change, name) for each in value]
    return change(name, value)


@altering(
    "listed-with-one-href",
    CATALOG,
    "Every resource of a list has the href of the first; each should have its own.",
    rule="ID-02",
    family=SCHEMA,
    on=Kind.LIST,
)
def one_href_for_all(_exchange: Altered, answer: Answer) -> Answer:
    """Works the address out once."""
    listed = answer.json
    if not isinstance(listed, list) or not listed:
        return answer
    return answer.with_each(lambda body: body | {"href": listed[0]["href"]} if "href" in body else body)
