"""Bodies made from a contract, put on the ground of what the vendor says exists: references and
characteristics."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from tmfrig.conformance.data import ApiData

_CALLED = {"relatedParty": "party", "partyOrPartyRole": "party", "engagedParty": "party"}
_CHARACTERISTICS = "haracteristic"
_REFERENCE = ("id", "href", "name", "@referredType")


def grounded(body: dict[str, Any], resource: str, data: ApiData, own: Collection[str]) -> dict[str, Any]:
    """The body with references to what exists, and with the vendor's characteristics.

    `own` are the resources of the API itself: a reference to one of these leads to something that was made
    for it, as a task may change what it is about.
    """
    if not data.references and not data.characteristics(resource):
        return body
    grounds = {name: entry.reference for name, entry in data.references.items() if name not in own}
    grounded: dict[str, Any] = _value("", body, grounds, data.characteristics(resource))
    return grounded


def naming_what_exists(
    body: dict[str, Any], full: dict[str, Any], data: ApiData, own: Collection[str]
) -> dict[str, Any]:
    """The body with items that also refer to what exists (an offering, a specification), taken from a full
    body: many targets carry out nothing that names nothing."""
    known = data.references.keys() - set(own)
    return {
        name: [_with_references(each, full[name][0], known) for each in value]
        if name.endswith("Item") and isinstance(value, list) and isinstance(full.get(name), list)
        else value
        for name, value in body.items()
    }


def _with_references(value: Any, full: Any, known: Collection[str]) -> Any:
    if not isinstance(value, dict) or not isinstance(full, dict):
        return value
    inside = {name: _with_references(each, full.get(name), known) for name, each in value.items()}
    return inside | {name: full[name] for name in known if name in full and name not in value}


def _value(
    key: str, value: Any, references: Mapping[str, dict[str, Any]], characteristics: Mapping[str, Any]
) -> Any:
    if isinstance(value, list):
        if characteristics and key.endswith(_CHARACTERISTICS) and value and _is_characteristic(value[0]):
            return [{**value[0], "name": name, "value": each} for name, each in characteristics.items()]
        return [_value(key, each, references, characteristics) for each in value]
    if not isinstance(value, dict):
        return value
    made = {name: _value(name, each, references, characteristics) for name, each in value.items()}
    known = references.get(_CALLED.get(key, key))
    if known is None or "id" not in made:
        return made
    # an address of our own invention would lead elsewhere
    made = {name: each for name, each in made.items() if name != "href" or name in known}
    return made | {name: known[name] for name in _REFERENCE if name in known and name in made}


def _is_characteristic(value: Any) -> bool:
    return isinstance(value, dict) and "name" in value and "value" in value
