"""What lists are asked for: pages, filters, attributes, as far as the contract and the target have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from tmfrig.loadtests.asking import Ask
from tmfrig.specs import canonical_state

Query: TypeAlias = dict[str, Any]
_PARTY = "relatedParty"
_HOLDER = "partyOrPartyRole"


def page(ask: Ask, number: int, size: int) -> Query:
    """A page of a list, the first one is 0; nothing where the contract has no pages."""
    if not {"offset", "limit"} <= set(ask.operation.query):
        return {}
    return {"offset": number * size, "limit": size}


def only(ask: Ask, *attributes: str) -> Query:
    """Only these attributes, of those that there are, and what the contract has in every answer."""
    known = ask.resource.attributes
    wanted = [name for name in known if name in attributes or known[name].required]
    return {"fields": ",".join(wanted)} if wanted and "fields" in ask.operation.query else {}


def in_state(ask: Ask, state: str) -> Query:
    """Only what is in a state, as lifecycles call it; nothing where the contract does not have it."""
    name = ask.resource.state_attribute
    if name is None or not _may_filter(ask):
        return {}
    values = ask.resource.attributes[name].enum
    spelt = next((each for each in values if canonical_state(str(each)) == state), None)
    return {name: spelt or state} if spelt or not values else {}


def of_party(ask: Ask, id: str) -> Query:
    """Only what has to do with a party; nothing where that cannot be asked."""
    if not _may_filter(ask) or "dotted-filters" in ask.api.capabilities.absent:
        return {}
    party = ask.resource.attributes.get(_PARTY)
    if party is None:
        return {}
    return {f"{_PARTY}.{_HOLDER}.id" if _HOLDER in party.attributes else f"{_PARTY}.id": id}


def parties_of(body: Mapping[str, Any]) -> list[str]:
    """The ids of the parties that have to do with something."""
    found = body.get(_PARTY)
    parties = (
        [each.get(_HOLDER, each) for each in found if isinstance(each, dict)]
        if isinstance(found, list)
        else []
    )
    return [each["id"] for each in parties if isinstance(each, dict) and isinstance(each.get("id"), str)]


def _may_filter(ask: Ask) -> bool:
    return "filters" not in ask.api.capabilities.absent
