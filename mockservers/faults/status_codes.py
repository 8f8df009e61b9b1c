"""Faults of status codes: another one than the contract has, or one that says what is not so."""

from __future__ import annotations

from tmfrig.mockservers.collection import Collection
from tmfrig.mockservers.errors import ApiError
from tmfrig.mockservers.faults.answers import Altered, Answer, altering
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.store import Document
from tmfrig.specs import Kind

FAMILY = "status-codes"
ORDERS, PRODUCTS, SERVICES, SERVICE_ORDERS = "TMF622", "TMF637", "TMF638", "TMF641"

# ── creating ────────────────────────────────────────────────────────────────────────────────────────────────


@altering(
    "create-answered-with-ok",
    PRODUCTS,
    "A create is answered 200; it should be 201.",
    rule="HTTP-04",
    family=FAMILY,
    on=Kind.CREATE,
    answered="201",
)
def creates_are_ok(_exchange: Altered, answer: Answer) -> Answer:
    """Leaves the status as the framework has it."""
    return answer.with_status(200)


@altering(
    "create-answered-without-body",
    PRODUCTS,
    "A create is answered 201 with nothing but headers; the new resource should be in the body.",
    rule="HTTP-04",
    family=FAMILY,
    on=Kind.CREATE,
    answered="201",
)
def creates_show_nothing(_exchange: Altered, answer: Answer) -> Answer:
    """Sends who wants to see the new resource to Location."""
    return answer.with_body(b"")


@altering(
    "create-answers-with-the-id-alone",
    SERVICE_ORDERS,
    "A create is answered with an object that holds the new id alone; it should be the new resource.",
    rule="HTTP-04",
    family=FAMILY,
    on=Kind.CREATE,
    answered="201",
)
def creates_show_the_id(_exchange: Altered, answer: Answer) -> Answer:
    """Answers with what the legacy system gave back."""
    return answer.with_each(lambda body: {"id": body["id"], "href": body["href"]})


@fault(
    "created-and-not-kept",
    SERVICES,
    "A create is answered 201, but nothing has the new id; it should be there.",
    rule="HTTP-02",
    family=FAMILY,
)
class KeepsNothing(Collection):
    """Answers before the transaction ends, which fails."""

    async def add(self, document: Document) -> None:
        """Forget a new resource."""


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────


@altering(
    "unknown-id-answered-with-ok",
    PRODUCTS,
    "An id that nothing has is answered 200 with an empty object; it should be 404.",
    rule="HTTP-03",
    family=FAMILY,
    on=Kind.RETRIEVE,
    answered="404",
)
def unknown_is_ok(_exchange: Altered, answer: Answer) -> Answer:
    """Serialises what the data base did not find."""
    return answer.with_status(200).with_json({})


@altering(
    "unknown-id-answered-with-no-content",
    ORDERS,
    "An id that nothing has is answered 204; it should be 404.",
    rule="HTTP-03",
    family=FAMILY,
    on=Kind.RETRIEVE,
    answered="404",
)
def unknown_is_no_content(_exchange: Altered, answer: Answer) -> Answer:
    """Takes nothing for no content."""
    return answer.with_status(204).with_body(b"")


@altering(
    "unknown-id-answered-with-an-error-in-ok",
    SERVICE_ORDERS,
    "An id that nothing has is answered 200 with an Error in the body; it should be 404.",
    rule="HTTP-03",
    family=FAMILY,
    on=Kind.RETRIEVE,
    answered="404",
)
def unknown_is_told_in_ok(_exchange: Altered, answer: Answer) -> Answer:
    """Tells errors in the body, as its SOAP services did."""
    return answer.with_status(200)


@fault(
    "unknown-id-is-a-server-error",
    SERVICES,
    "An id that nothing has is answered 500; it should be 404.",
    rule="HTTP-03",
    family=FAMILY,
)
class FailsForUnknownIds(Collection):
    """Looks into what it did not find."""

    async def get(self, identifier: str) -> Document:
        """The document, as if there always were one."""
        try:
            return await super().get(identifier)
        except ApiError:
            raise ApiError(500, "internalError", "the request could not be handled") from None


@altering(
    "retrieve-answered-with-partial-content",
    SERVICES,
    "A single resource is answered 206; it should be 200.",
    rule="HTTP-02",
    family=FAMILY,
    on=Kind.RETRIEVE,
)
def one_is_partial(_exchange: Altered, answer: Answer) -> Answer:
    """Answers every GET as if it were a page."""
    return answer.with_status(206)


@altering(
    "retrieve-answered-with-a-list",
    PRODUCTS,
    "A single resource is answered as a list of one; it should be the object itself.",
    rule="HTTP-02",
    family=FAMILY,
    on=Kind.RETRIEVE,
)
def one_is_listed(_exchange: Altered, answer: Answer) -> Answer:
    """Uses the same query for one as for many."""
    return answer.with_json([answer.json])


@altering(
    "empty-list-answered-with-not-found",
    PRODUCTS,
    "A selection that nothing matches is answered 404; it should be an empty list.",
    rule="HTTP-01",
    family=FAMILY,
    on=Kind.LIST,
)
def nothing_is_not_found(_exchange: Altered, answer: Answer) -> Answer:
    """Takes an empty list for an error."""
    if answer.json:
        return answer
    return answer.with_error(ApiError(404, "notFound", "nothing was found"))


@altering(
    "empty-list-answered-with-no-content",
    SERVICES,
    "A selection that nothing matches is answered 204; it should be 200 with an empty list.",
    rule="HTTP-01",
    family=FAMILY,
    on=Kind.LIST,
)
def nothing_is_no_content(_exchange: Altered, answer: Answer) -> Answer:
    """Takes an empty list for no content."""
    return answer if answer.json else answer.with_status(204).with_body(b"")


@altering(
    "list-in-an-envelope",
    PRODUCTS,
    "A collection is answered with an object that holds the list; it should be the list itself.",
    rule="HTTP-01",
    family=FAMILY,
    on=Kind.LIST,
)
def lists_are_wrapped(_exchange: Altered, answer: Answer) -> Answer:
    """Shows pages as the framework does."""
    found = answer.json
    return answer.with_json({"content": found, "size": len(found)})


@altering(
    "list-of-one-is-an-object",
    ORDERS,
    "A list of one resource is answered as that resource; it should be a list all the same.",
    rule="HTTP-01",
    family=FAMILY,
    on=Kind.LIST,
)
def one_is_no_list(_exchange: Altered, answer: Answer) -> Answer:
    """Makes JSON of XML, where a single element is no list."""
    found = answer.json
    return answer.with_json(found[0]) if len(found) == 1 else answer


@altering(
    "list-needs-a-parameter",
    PRODUCTS,
    "A list without any parameter is answered 400; it should be 200.",
    rule="HTTP-01",
    family=FAMILY,
    on=Kind.LIST,
)
def lists_need_a_parameter(exchange: Altered, answer: Answer) -> Answer:
    """Spares the data base a look at everything."""
    if exchange.query_string:
        return answer
    return answer.with_error(ApiError(400, "tooMany", "a filter or a limit is needed"))


# ── changing, and what is not offered ───────────────────────────────────────────────────────────────────────


@altering(
    "patch-answered-with-no-content",
    PRODUCTS,
    "A PATCH is answered 204; it should be 200 with the resource.",
    rule="HTTP-08",
    family=FAMILY,
    on=Kind.PATCH,
    answered="200",
)
def patches_are_no_content(_exchange: Altered, answer: Answer) -> Answer:
    """Shows nothing of what it did."""
    return answer.with_status(204).with_body(b"")


@altering(
    "patch-answered-with-created",
    ORDERS,
    "A PATCH is answered 201; it should be 200.",
    rule="HTTP-08",
    family=FAMILY,
    on=Kind.PATCH,
    answered="200",
)
def patches_are_creates(_exchange: Altered, answer: Answer) -> Answer:
    """Treats every write alike."""
    return answer.with_status(201)


@altering(
    "put-is-taken",
    PRODUCTS,
    "A PUT, which no contract offers, is answered 200; it should be 405.",
    rule="HTTP-10",
    family=FAMILY,
    answered="405",
)
def put_is_taken(exchange: Altered, answer: Answer) -> Answer:
    """Offers what the framework generates for every resource."""
    return answer.with_status(200).with_json({}) if exchange.method == "PUT" else answer


@altering(
    "method-not-offered-is-a-server-error",
    SERVICES,
    "A method that is not offered is answered 500; it should be 405.",
    rule="HTTP-10",
    family=FAMILY,
    answered="405",
)
def other_methods_fail(_exchange: Altered, answer: Answer) -> Answer:
    """Catches every exception alike."""
    return answer.with_error(ApiError(500, "internalError", "not supported"))
