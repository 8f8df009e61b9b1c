"""Faults of what has to be in an answer: identity, and the attributes of the conformance profiles."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from tmfrig.mockservers.collection import Collection
from tmfrig.mockservers.faults.answers import Altered, Answer, altering
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.intake import Intake
from tmfrig.mockservers.store import Body
from tmfrig.specs import Kind

FAMILY = "mandatory"
CATALOG, ORDERS, PRODUCTS, SERVICES, SERVICE_ORDERS = "TMF620", "TMF622", "TMF637", "TMF638", "TMF641"
SHOWN = (Kind.LIST, Kind.CREATE, Kind.RETRIEVE, Kind.PATCH)


# ── identity ────────────────────────────────────────────────────────────────────────────────────────────────


@altering(
    "id-missing",
    PRODUCTS,
    "Lists show resources without their id; it should be in every representation.",
    rule="ID-01",
    family=FAMILY,
    on=Kind.LIST,
)
def no_id(_exchange: Altered, answer: Answer) -> Answer:
    """Takes the id for a matter of the address."""
    return answer.without("id")


@altering(
    "href-missing",
    SERVICES,
    "Resources have no href; it should be in every representation.",
    rule="ID-01",
    family=FAMILY,
    on=SHOWN,
)
def no_href(_exchange: Altered, answer: Answer) -> Answer:
    """Thinks that Location is enough."""
    return answer.without("href")


@altering(
    "href-missing-in-lists",
    ORDERS,
    "Listed resources have no href; it should be in every representation.",
    rule="ID-01",
    family=FAMILY,
    on=Kind.LIST,
)
def no_href_in_lists(_exchange: Altered, answer: Answer) -> Answer:
    """Adds links to single resources alone."""
    return answer.without("href")


@altering(
    "href-blank",
    SERVICE_ORDERS,
    "The href of a resource is an empty text; it should be its address.",
    rule="ID-01",
    family=FAMILY,
    on=SHOWN,
)
def blank_href(_exchange: Altered, answer: Answer) -> Answer:
    """Has the attribute, and nothing to put into it."""
    return answer.with_each(lambda body: body | {"href": ""})


class _Addressed(Intake):
    """Gives new resources an address of its own."""

    def address(self, url: str, identifier: str) -> str:
        """The href of a resource whose collection is at `url`."""
        raise NotImplementedError

    def complete(self, body: Body, url: str) -> Body:
        """The new resource with that address."""
        whole = super().complete(body, url)
        return whole | {"href": self.address(url, whole["id"])}


@fault(
    "href-leads-nowhere",
    PRODUCTS,
    "The href of a new resource is answered 404; it should lead to the resource.",
    rule="ID-02",
    family=FAMILY,
)
class LeadsNowhere(_Addressed):
    """Misspells its own path."""

    def address(self, url: str, identifier: str) -> str:
        """An address below another collection."""
        return f"{url}s/{identifier}"


@fault(
    "href-lacks-the-base-path",
    PRODUCTS,
    "The href of a new resource lacks the base path of the API; it should be the address of the resource.",
    rule="ID-02",
    family=FAMILY,
)
class LacksTheBasePath(_Addressed):
    """Does not know where it was mounted."""

    def address(self, url: str, identifier: str) -> str:
        """An address right below the host."""
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.netloc}/{parts.path.rpartition('/')[2]}/{identifier}"


@fault(
    "href-leads-to-the-collection",
    SERVICE_ORDERS,
    "The href of a new resource is the address of its collection; it should lead to the resource.",
    rule="ID-02",
    family=FAMILY,
)
class LeadsToAll(_Addressed):
    """Forgets the id."""

    def address(self, url: str, identifier: str) -> str:
        """The address of the collection."""
        return url


# ── what a client may not say ───────────────────────────────────────────────────────────────────────────────


class _Trusting(Intake):
    """Keeps what only the server sets where a client says it."""

    taken: tuple[str, ...] = ()
    _told: Body

    def check(self, body: Any, raw: bytes) -> Body:
        """The body, and a note of what the client says of these."""
        named = body if isinstance(body, dict) else {}
        self._told = {name: named[name] for name in self.taken if isinstance(named.get(name), str)}
        return super().check(body, raw)

    def complete(self, body: Body, url: str) -> Body:
        """The new resource as the client says it."""
        return super().complete(body, url) | self._told


@fault(
    "id-of-the-client-taken",
    ORDERS,
    "A new resource gets the id that the client sent; the server should give it.",
    rule="ID-03",
    family=FAMILY,
)
class TakesId(_Trusting):
    """Inserts the body as it is."""

    taken = ("id",)


@fault(
    "href-of-the-client-taken",
    PRODUCTS,
    "A new resource gets the href that the client sent; the server should give it.",
    rule="ID-03",
    family=FAMILY,
)
class TakesHref(_Trusting):
    """Adds an href only where there is none."""

    taken = ("href",)


# ── what the conformance profiles ask for ───────────────────────────────────────────────────────────────────


@altering(
    "order-date-missing",
    ORDERS,
    "Product orders have no orderDate; the conformance profile makes it mandatory.",
    rule="ID-04",
    family=FAMILY,
    on=SHOWN,
)
def no_order_date(_exchange: Altered, answer: Answer) -> Answer:
    """Does not know when it was asked."""
    return answer.without("orderDate")


@altering(
    "last-update-missing",
    CATALOG,
    "Catalog entries have no lastUpdate; the conformance profile makes it mandatory.",
    rule="ID-04",
    family=FAMILY,
    on=SHOWN,
)
def no_last_update(_exchange: Altered, answer: Answer) -> Answer:
    """Keeps its audit trail to itself."""
    return answer.without("lastUpdate")


@altering(
    "lifecycle-status-missing",
    "TMF633",
    "Specifications have no lifecycleStatus; the conformance profile makes it mandatory.",
    rule="ID-04",
    family=FAMILY,
    on=SHOWN,
)
def no_lifecycle_status(_exchange: Altered, answer: Answer) -> Answer:
    """Has no drafts, and so no status."""
    return answer.without("lifecycleStatus")


@altering(
    "status-missing",
    PRODUCTS,
    "Products have no status; the conformance profile makes it mandatory.",
    rule="ID-04",
    family=FAMILY,
    on=SHOWN,
)
def no_status(_exchange: Altered, answer: Answer) -> Answer:
    """Holds active products alone, and does not say so."""
    return answer.without("status")


@fault(
    "last-update-stays",
    CATALOG,
    "lastUpdate is that of the create, whatever is changed; it should be the moment of the last change.",
    rule="ID-04",
    family=FAMILY,
)
class KeepsItsLastUpdate(Collection):
    """Sets it where it makes a resource."""

    def _moments(self, body: Body) -> Body:
        """No moment of a change."""
        return {name: each for name, each in super()._moments(body).items() if name != "lastUpdate"}


@altering(
    "state-missing-in-lists",
    ORDERS,
    "Listed orders have no state; the conformance profile makes it mandatory.",
    rule="ID-04",
    family=FAMILY,
    on=Kind.LIST,
)
def no_state_in_lists(_exchange: Altered, answer: Answer) -> Answer:
    """Would have to ask another system for each."""
    return answer.without("state")
