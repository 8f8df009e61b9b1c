"""Faults of attribute selection, the `fields` parameter."""

from __future__ import annotations

from collections.abc import Callable

from tmfrig.mockservers.errors import ApiError
from tmfrig.mockservers.exchange import Exchange
from tmfrig.mockservers.faults.answers import Altered, Answer, altering
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.store import Body
from tmfrig.specs import Kind

FAMILY = "field-selection"
ORDERS, PRODUCTS, SERVICES, SERVICE_ORDERS = "TMF622", "TMF637", "TMF638", "TMF641"
READING = (Kind.LIST, Kind.RETRIEVE)
_FIELDS = b"fields="
_IDENTITY = ("id", "href")


class _Deaf(Exchange):
    """Does not hear of `fields` where a method is answered."""

    method = "GET"

    @property
    def query_string(self) -> bytes:
        """The query without what is not heard."""
        query = super().query_string
        if self.scope["method"] != self.method or not self.is_deaf:
            return query
        return b"&".join(each for each in query.split(b"&") if not each.startswith(_FIELDS))

    @property
    def is_deaf(self) -> bool:
        """Whether it is so for this request."""
        return True


@fault(
    "fields-ignored",
    PRODUCTS,
    "fields is ignored; an answer should hold the attributes that were asked for alone.",
    rule="FIELDS-01",
    family=FAMILY,
)
class IgnoresFields(_Deaf):
    """Always answers all attributes."""


@fault(
    "fields-ignored-by-id",
    SERVICES,
    "fields is ignored where one resource is retrieved; it should select there as it does in lists.",
    rule="FIELDS-01",
    family=FAMILY,
)
class IgnoresFieldsById(_Deaf):
    """Has implemented it for lists alone."""

    @property
    def is_deaf(self) -> bool:
        """One resource, not a list."""
        return "id" in self.scope.get("path_params", {})


@fault(
    "fields-ignored-in-lists",
    ORDERS,
    "fields is ignored in lists; it should select there as it does where one resource is retrieved.",
    rule="FIELDS-01",
    family=FAMILY,
)
class IgnoresFieldsInLists(_Deaf):
    """Has implemented it for single resources alone."""

    @property
    def is_deaf(self) -> bool:
        """A list."""
        return "id" not in self.scope.get("path_params", {})


@fault(
    "fields-ignored-on-create",
    PRODUCTS,
    "fields is ignored on POST, where version 5 declares it; it should narrow the answer.",
    rule="FIELDS-04",
    family=FAMILY,
    line=5,
)
class IgnoresFieldsOnCreate(_Deaf):
    """Reads it where it reads resources."""

    method = "POST"


@fault(
    "fields-ignored-on-patch",
    PRODUCTS,
    "fields is ignored on PATCH, where version 5 declares it; it should narrow the answer.",
    rule="FIELDS-04",
    family=FAMILY,
    line=5,
)
class IgnoresFieldsOnPatch(_Deaf):
    """Reads it where it reads resources."""

    method = "PATCH"


@fault(
    "fields-read-in-small-letters",
    SERVICES,
    "The names in fields are read in small letters, so that isBundle selects nothing; names have their case.",
    rule="FIELDS-01",
    family=FAMILY,
)
class LowersFields(Exchange):
    """Normalises what it is asked."""

    @property
    def query_string(self) -> bytes:
        """The query with `fields` in small letters."""
        query = super().query_string
        return b"&".join(each.lower() if each.startswith(_FIELDS) else each for each in query.split(b"&"))


def _selected(exchange: Altered, answer: Answer, change: Callable[[Body, list[str]], Body]) -> Answer:
    """An answer in which each resource is changed by the names in `fields`, where there are some."""
    asked = exchange.asked("fields")
    return answer if asked is None else answer.with_each(lambda body: change(body, asked.split(",")))


@altering(
    "fields-selects-identity-alone",
    SERVICE_ORDERS,
    "With fields, an answer holds id and href alone; the attributes that were asked for should be there.",
    rule="FIELDS-01",
    family=FAMILY,
    on=READING,
)
def identity_alone(exchange: Altered, answer: Answer) -> Answer:
    """Knows fields=none, and takes everything for it."""
    return _selected(exchange, answer, lambda body, _: {name: body[name] for name in _IDENTITY})


@altering(
    "fields-selects-the-first-alone",
    ORDERS,
    "Of several names in fields, the first alone is heard; each should be there.",
    rule="FIELDS-01",
    family=FAMILY,
    on=READING,
)
def first_alone(exchange: Altered, answer: Answer) -> Answer:
    """Does not split at commas."""

    def narrowed(body: Body, asked: list[str]) -> Body:
        return {name: value for name, value in body.items() if name in (*_IDENTITY, asked[0])}

    return _selected(exchange, answer, narrowed)


@altering(
    "fields-cut-what-is-inside",
    ORDERS,
    "A list that fields selects holds the ids of its elements alone; it should be as it is without fields.",
    rule="FIELDS-01",
    family=FAMILY,
    on=READING,
)
def inside_is_cut(exchange: Altered, answer: Answer) -> Answer:
    """Resolves what is inside for whole resources alone."""

    def cut(body: Body, _: list[str]) -> Body:
        return {
            name: [{"id": each["id"]} if isinstance(each, dict) and "id" in each else each for each in value]
            if isinstance(value, list)
            else value
            for name, value in body.items()
        }

    return _selected(exchange, answer, cut)


@altering(
    "fields-leaves-nulls",
    PRODUCTS,
    "With fields, what was not asked for is there as null; it should not be there.",
    rule="FIELDS-01",
    family=FAMILY,
    on=READING,
)
def nulls_are_left(exchange: Altered, answer: Answer) -> Answer:
    """Empties its objects, and writes them whole."""
    resource = exchange.resource
    others = dict.fromkeys(resource.attributes) if resource is not None else {}
    return _selected(exchange, answer, lambda body, _: others | body)


@altering(
    "fields-refused",
    SERVICES,
    "A request with fields is answered 400; it should select attributes.",
    rule="FIELDS-01",
    family=FAMILY,
    on=READING,
)
def fields_are_refused(exchange: Altered, answer: Answer) -> Answer:
    """Refuses parameters that it does not know."""
    if exchange.asked("fields") is None:
        return answer
    return answer.with_error(ApiError(400, "unknownParameter", "fields is not known"))


@altering(
    "fields-none-is-empty",
    PRODUCTS,
    "With fields=none, an answer is an empty object; id and href should be left.",
    rule="FIELDS-02",
    family=FAMILY,
    on=READING,
)
def none_is_empty(exchange: Altered, answer: Answer) -> Answer:
    """Takes none at its word."""
    return _selected(exchange, answer, lambda body, asked: {} if asked == ["none"] else body)


@fault(
    "fields-none-is-everything",
    SERVICES,
    "With fields=none, the whole resource is answered; id and href alone should be left.",
    rule="FIELDS-02",
    family=FAMILY,
)
class KnowsNoNone(_Deaf):
    """Takes none for no selection."""

    @property
    def is_deaf(self) -> bool:
        """Where none is asked for."""
        return b"fields=none" in self.scope["query_string"]


@altering(
    "lists-are-thin",
    ORDERS,
    "Lists show a few attributes of each resource; without fields they should show all.",
    rule="FIELDS-03",
    family=FAMILY,
    on=Kind.LIST,
)
def lists_are_thin(exchange: Altered, answer: Answer) -> Answer:
    """Spares itself a join."""
    if exchange.asked("fields") is not None:
        return answer
    return answer.with_each(
        lambda body: {name: value for name, value in body.items() if not isinstance(value, list | dict)}
    )


@altering(
    "lists-without-texts",
    PRODUCTS,
    "Lists show no description; without fields they should show all attributes.",
    rule="FIELDS-03",
    family=FAMILY,
    on=Kind.LIST,
)
def lists_describe_nothing(exchange: Altered, answer: Answer) -> Answer:
    """Leaves out what is long."""
    return answer if exchange.asked("fields") is not None else answer.without("description")
