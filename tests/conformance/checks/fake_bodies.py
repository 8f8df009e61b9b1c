"""Bodies at the fake vendor: what it refuses, fills in, narrows and merges."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fake_wire import Refusal

from tmfrig.specs import Attribute, Resource

Item = dict[str, Any]
Knobs = frozenset[str]
MERGE_READERS = ("application/json", "application/merge-patch+json")
# Attributes that the vendor fills in by itself where the client does not.
_OWN = frozenset(
    {
        "orderDate",
        "lastUpdate",
        "lifecycleStatus",
        "isBundle",
        "@type",
        "creationDate",
        "serviceDate",
        "checkServiceQualificationDate",
        "queryServiceQualificationDate",
        "productOfferingQualificationDate",
    }
)


def refuse_wrong(body: Any, resource: Resource, faults: Knobs, manners: Knobs) -> None:
    """Refuse what a create may not look like."""
    if not isinstance(body, dict):
        if "array-accepted" not in faults:
            raise Refusal(400, "an object, please")
        return
    if "refuses-client-id" in manners and {"id", "href"} & body.keys():
        raise Refusal(400, "id and href are ours")
    if "refuses-extensions" in manners and "@baseType" in body:
        raise Refusal(400, "an unknown type")
    if "no-drafts" in manners and body.get("requestedInitialState") == "draft":
        raise Refusal(422, "no drafts")
    if "needs-more" in faults and "description" not in body:
        raise Refusal(400, "description is mandatory here")
    if "knows-no-specification" in manners and "serviceSpecification" in body:
        raise Refusal(400, "unknown specification")
    attributes = resource.creation.attributes if resource.creation else {}
    for problem in resource.creation.problems(body) if resource.creation else ():
        null = problem.keyword == "type" and _value_at(body, problem.path) is None
        if "any-value-taken" in faults and problem.path.endswith("].value"):
            continue
        forgiving = {"required": "missing-accepted", "enum": "enum-accepted", "type": "array-accepted"}
        if ("null-accepted" if null else forgiving.get(problem.keyword, "")) not in faults:
            raise Refusal(422 if "says-422" in manners else 400, str(problem))
    if "blank-accepted" not in faults:
        _refuse_blank(body, attributes)


def _value_at(body: Any, path: str) -> Any:
    for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
        if isinstance(body, list) and index:
            body = body[int(index)] if int(index) < len(body) else None
        else:
            body = body.get(name) if isinstance(body, dict) else None
    return body


def _refuse_blank(body: Item, attributes: Mapping[str, Attribute]) -> None:
    for name, attribute in attributes.items():
        value = body.get(name)
        if attribute.required and isinstance(value, str) and not value.strip():
            raise Refusal(400, f"{name} is blank")
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict) and attribute.required:
                _refuse_blank(each, attribute.attributes)


def fill(item: Item, resource: Resource, now: str, faults: Knobs, manners: Knobs) -> None:
    """Add what the vendor knows by itself."""
    if "create-loses" in faults:
        for name in ("name", "productOrderItem"):
            item.pop(name, None)
    for name, attribute in resource.attributes.items():
        if name in _OWN and name not in item:
            item[name] = _own_value(resource, attribute, now)
    state = resource.state_attribute
    if state and resource.lifecycle and state in resource.server_set:
        _begin(item, state, resource.attributes[state].enum, faults, manners)
    if resource.name.endswith("Job") and "status" in resource.attributes:
        item.setdefault("status", "Not Started")
    if "extra" in manners:
        item["x-acme"] = {"shard": 7}
    if "items-lose-products" in faults and isinstance(item.get("productOrderItem"), list):
        kept = (
            {name: value for name, value in each.items() if name != "product"}
            for each in item["productOrderItem"]
        )
        item["productOrderItem"] = list(kept)
    if "bad-date" in faults:
        dates = [name for name, each in resource.attributes.items() if each.format == "date-time"]
        item.update({name: "23/11/2026 10:00" for name in dates if name in item})
    if "bad-state" in faults and state:
        item[state] = "acknowledge"
    if "wrong-type" in faults and "description" in resource.attributes:
        item["description"] = 7
    if "profile-missing" in faults:
        for name in ("orderDate", "lastUpdate"):
            item.pop(name, None)


def _own_value(resource: Resource, attribute: Attribute, now: str) -> Any:
    if attribute.format == "date-time":
        return now
    if attribute.name == "@type":
        return resource.name[0].upper() + resource.name[1:]
    return False if attribute.type == "boolean" else "In Study"


def _begin(item: Item, state: str, listed: tuple[Any, ...], faults: Knobs, manners: Knobs) -> None:
    item[state] = "acknowledged" if "acknowledged" in listed else "accepted"
    if item.get("requestedInitialState") == "draft" and "draft-ignored" not in faults:
        item[state] = "draft"
    at_once = "born-done" in manners or item.get("instantSyncQualification") is True
    if at_once and "done" in listed:
        item[state] = "done"
        item.setdefault("serviceQualificationItem", [])
        qualify(item)
    if "born-completed" in faults and "completed" in listed:
        item |= {state: "completed", "completionDate": item["orderDate"]}
    if "born-moving" in faults:
        item[state] = "inProgress"
    if "born-without-state" in faults:
        del item[state]


_ASKED_ABOUT = (
    ("serviceQualificationItem", "qualificationResult"),
    ("productOfferingQualificationItem", "qualificationItemResult"),
    ("checkProductOfferingQualificationItem", "qualificationItemResult"),
)


def qualify(item: Item) -> None:
    """Answer every item that was asked about: all can be had."""
    for name, result in _ASKED_ABOUT:
        for each in item.get(name) or ():
            each.setdefault(result, "qualified")
            item.setdefault("qualificationResult", "qualified")


def narrowed(shown: Item, fields: str | None, faults: Knobs, manners: Knobs) -> Item:
    """What `fields` leaves of a representation."""
    if fields is None or "fields-ignored" in faults:
        return shown
    asked = fields.split(",")
    if asked == ["none"]:
        if "fields-none-full" in faults:
            return shown
        return {} if "fields-none-empty" in faults else _only(shown, ["id", "href"])
    kept = [] if "fields-drop-identity" in manners else ["id", "href"]
    if "fields-empty" in faults:
        return _only(shown, kept)
    whole = _only(shown, [*kept, *(name for name in asked if "." not in name)])
    return whole | {
        path.partition(".")[0]: _inside(shown[path.partition(".")[0]], path.partition(".")[2])
        for path in asked
        if "." in path and path.partition(".")[0] in shown
    }


def _only(shown: Item, names: list[str]) -> Item:
    return {key: value for key, value in shown.items() if key in names}


def _inside(value: Any, name: str) -> Any:
    return [_only(each, [name]) for each in value] if isinstance(value, list) else _only(value, [name])


def merge(item: Item, changes: Item, resource: Resource, faults: Knobs, manners: Knobs) -> None:
    """Merge a patch into an item, or refuse it."""
    _refuse_state(item, changes, resource, faults, manners)
    if "patch-forgets" in faults:
        return
    _refuse_changes(changes, resource)
    frozen = {name for name in resource.non_patchable if not name.startswith("@")}
    if is_typed(resource.attributes) and "type-is-patchable" not in faults:
        frozen |= {"@type", "@baseType", "@schemaLocation"}
    touched = {name for name in frozen & changes.keys() if changes[name] != item.get(name)}
    if "refuses-non-patchable" in manners and touched:
        raise Refusal(400, "not to be patched")
    if "all-is-patchable" in faults:
        frozen &= {name for name in frozen if name in ("id", "href") or name.endswith("Date")}
    if "non-patchable-taken" in faults:
        frozen = set()
    if "patch-replaces" in faults:
        for name in [
            each for each in item if each in resource.attributes and each != resource.state_attribute
        ]:
            if name not in resource.server_set and name not in _OWN:
                del item[name]
    for name, value in changes.items():
        if name not in frozen:
            _put(item, name, value, faults, manners)


def _refuse_changes(changes: Item, resource: Resource) -> None:
    """Refuse to remove what is mandatory, and structures in place of texts."""
    known = resource.patching.attributes if resource.patching else {}
    for name, value in changes.items():
        if value is None and name in resource.mandatory:
            raise Refusal(400, f"{name} is mandatory")
        if name in known and known[name].type == "string" and isinstance(value, dict | list):
            raise Refusal(400, f"{name} is a text")


def is_typed(attributes: Mapping[str, Attribute]) -> bool:
    """Whether the contract asks for @type."""
    return "@type" in attributes and attributes["@type"].required


def _refuse_state(item: Item, changes: Item, resource: Resource, faults: Knobs, manners: Knobs) -> None:
    state = resource.state_attribute
    if state is None or state not in changes or changes[state] == item.get(state):
        return
    if "no-state-patch" in manners:
        raise Refusal(403, "states are ours")
    listed = resource.attributes[state].enum
    if listed and changes[state] not in listed:
        if "enum-accepted-in-patch" in faults:
            return
        raise Refusal(400, "no such state")
    graph = resource.lifecycle
    if graph is not None and graph.enforced and not graph.allows(str(item.get(state)), str(changes[state])):
        raise Refusal(409, "no way from here to there")


def _put(item: Item, name: str, value: Any, faults: Knobs, manners: Knobs) -> None:
    held = item.get(name)
    if value is None:
        if "null-ignored" in faults:
            return
        item[name] = None
        if "null-stored" not in faults:
            del item[name]
    elif isinstance(value, list) and isinstance(held, list) and "array-appended" in faults:
        item[name] = held + value
    elif isinstance(value, dict):
        item[name] = dict(held) if isinstance(held, dict) else {}
        for key, each in value.items():
            _put(item[name], key, each, faults, manners)
    else:
        item[name] = value
