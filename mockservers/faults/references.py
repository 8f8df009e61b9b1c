"""Faults of references: what they lack, and where they lead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tmfrig.mockservers.faults.answers import Altered, Answer, altering
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.intake import Intake
from tmfrig.mockservers.store import Body
from tmfrig.specs import Attribute

FAMILY = "references"
CATALOG, ORDERS, PRODUCTS, SERVICES = "TMF620", "TMF622", "TMF637", "TMF638"
PARTIES = "relatedParty"

Change = Callable[[Body], Body]


def _changed(value: Any, change: Change, *, at_top: bool = True) -> Any:
    """A value in which every object that refers to something is changed."""
    if isinstance(value, list):
        return [_changed(each, change, at_top=at_top) for each in value]
    if not isinstance(value, dict):
        return value
    inner = {name: _changed(each, change, at_top=False) for name, each in value.items()}
    refers = not at_top and "id" in inner and ("href" in inner or "@referredType" in inner)
    return change(inner) if refers else inner


class ReferringAnswers(Altered):
    """Does something to the references in every successful answer."""

    def altered(self, answer: Answer) -> Answer:
        """An answer with other references."""
        answer = super().altered(answer)
        if not answer.is_success or "/hub" in self.scope["path"]:
            return answer
        return answer.with_each(lambda body: _changed(body, self.referring))

    def referring(self, reference: Body) -> Body:
        """The reference that is answered."""
        return reference


@fault(
    "reference-href-of-collection",
    CATALOG,
    "The href of references leads to a path that does not exist; it should lead to what they name.",
    rule="REF-01",
    family=FAMILY,
)
class WrongHrefs(ReferringAnswers):
    """Builds addresses by a rule that is not the router's."""

    def referring(self, reference: Body) -> Body:
        """The reference with a plural in its address."""
        href = reference.get("href")
        if not isinstance(href, str):
            return reference
        before, _, last = href.rpartition("/")
        return reference | {"href": f"{before}s/{last}"}


@fault(
    "reference-href-of-another",
    PRODUCTS,
    "The href of references leads to another thing than their id names.",
    rule="REF-01",
    family=FAMILY,
)
class HrefsOfAnother(ReferringAnswers):
    """Uses the address of the first one for all."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._first: dict[str, str] = {}

    def referring(self, reference: Body) -> Body:
        """The reference with the address of the first in the same collection."""
        href = reference.get("href")
        if not isinstance(href, str):
            return reference
        return reference | {"href": self._first.setdefault(href.rpartition("/")[0], href)}


@fault(
    "reference-without-type",
    SERVICES,
    "The relatedParty of an answer has no @referredType; the contract requires it.",
    rule="POLY-05",
    family=FAMILY,
)
class UntypedParties(ReferringAnswers):
    """Thinks that a role says enough."""

    def referring(self, reference: Body) -> Body:
        """A party with its role is left without a type."""
        return {
            name: value
            for name, value in reference.items()
            if name != "@referredType" or "role" not in reference
        }


@altering(
    "flat-related-party",
    PRODUCTS,
    "A relatedParty has the id of the party beside its role, as in version 4; it belongs into "
    "partyOrPartyRole.",
    rule="POLY-05",
    family=FAMILY,
    line=5,
)
def parties_are_flat(_exchange: Altered, answer: Answer) -> Answer:
    """Answers parties as the older version had them."""
    return answer.with_each(_flat)


def _flat(value: Any) -> Any:
    if isinstance(value, list):
        return [_flat(each) for each in value]
    if not isinstance(value, dict):
        return value
    inner = {name: _flat(each) for name, each in value.items()}
    party = inner.pop("partyOrPartyRole", None)
    return (party | inner) if isinstance(party, dict) else inner


class LenientReferences(Intake):
    """Completes references that lack something before they are judged."""

    missing = ""

    def check(self, body: Any, raw: bytes) -> Body:
        """Judge the body as if its references were complete, and keep it as it is."""
        created = self._resource.creation.attributes if self._resource.creation else {}
        completed = _completed(body, created, self.missing)
        super().check(completed, raw)
        names = self._resource.server_set
        return (
            {name: value for name, value in body.items() if name not in names}
            if isinstance(body, dict)
            else body
        )


def _completed(value: Any, attributes: Any, name: str) -> Any:
    if not isinstance(value, dict):
        return value
    return {
        key: _each(each, attributes[key], name) if key in attributes else each for key, each in value.items()
    }


def _each(value: Any, attribute: Attribute, name: str) -> Any:
    if isinstance(value, list):
        return [_each(each, attribute, name) for each in value]
    if not isinstance(value, dict):
        return value
    described = attribute.of_type(value)
    whole = _completed(value, described.attributes, name)
    is_reference = "@referredType" in described.attributes
    return {name: "unknown"} | whole if is_reference and name in described.attributes else whole


@fault(
    "reference-without-id-taken",
    ORDERS,
    "A relatedParty without id is taken in a POST; it should be refused.",
    rule="POLY-05",
    family=FAMILY,
)
class TakesReferencesWithoutId(LenientReferences):
    """Does not miss the id of a reference."""

    missing = "id"

    def complete(self, body: Body, url: str) -> Body:
        """A resource whose references name something unknown where they named nothing."""
        created = self._resource.creation.attributes if self._resource.creation else {}
        return super().complete(_completed(body, created, self.missing), url)


@fault(
    "reference-to-nothing",
    PRODUCTS,
    "Products refer to offerings by ids that the product catalog does not have.",
    rule="REF-02",
    family=FAMILY,
)
class OfferingsOfItsOwn(ReferringAnswers):
    """Has ids of its own for the offerings of others."""

    def referring(self, reference: Body) -> Body:
        """The reference with an id that only this server knows."""
        if reference.get("@referredType") != "ProductOffering" or "/productCatalog" in self.scope["path"]:
            return reference
        return {name: value for name, value in reference.items() if name != "href"} | {
            "id": f"PO-{reference['id']}"
        }


@fault(
    "references-are-renumbered",
    SERVICES,
    "References are answered with ids of the server's own; they should name what the client named.",
    rule="POLY-05",
    family=FAMILY,
)
class Renumbers(ReferringAnswers):
    """Copies what is referred to, and names the copy."""

    def referring(self, reference: Body) -> Body:
        """The reference to the copy."""
        return reference | {"id": f"{reference['id']}-copy"}


@fault(
    "party-of-two-roles-kept-once",
    ORDERS,
    "Of a party that is named in two roles the second is dropped; both should be kept.",
    rule="HTTP-04",
    family=FAMILY,
)
class KeepsAPartyOnce(Intake):
    """Has the party's id as the key of its table."""

    def complete(self, body: Body, url: str) -> Body:
        """The new resource, each party in the first of its roles."""
        resource = super().complete(body, url)
        parties = resource.get(PARTIES)
        if isinstance(parties, list):
            resource[PARTIES] = list({_party(each): each for each in reversed(parties)}.values())[::-1]
        return resource


def _party(related: Body) -> str:
    party = related.get("partyOrPartyRole")
    return str((party if isinstance(party, dict) else related).get("id"))
