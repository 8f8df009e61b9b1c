"""JSON Patch at the fake vendor, with its own reading of RFC 6902: plain operations and such with a query."""

from __future__ import annotations

import copy
from typing import Any

from fake_wire import Refusal

Item = dict[str, Any]
PATCH_LISTS = ("application/json-patch+json", "application/json-patch-query+json")


def carry_out(item: Item, operations: Any, faults: frozenset[str]) -> Item:
    """What a list of operations makes of an item; a refusal leaves it as it is."""
    if not isinstance(operations, list):
        raise Refusal(400, "operations, please")
    after = item if "test-comes-late" in faults else copy.deepcopy(item)
    for operation in operations:
        try:
            _do(after, operation, faults)
        except (KeyError, IndexError, TypeError, ValueError) as problem:
            raise Refusal(400, f"nothing to do it to: {problem}") from None
    if any(after.get(name) != item.get(name) for name in ("id", "href")):
        raise Refusal(400, "id and href are ours")
    return after


def _do(item: Item, operation: Item, faults: frozenset[str]) -> None:
    path, _, query = str(operation.get("path", "")).partition("?")
    names = path.strip("/").split("/")
    place: Any = item
    if query:
        wanted, _, value = query.partition("=")
        elements = item[names[0]]
        key = wanted.rpartition(".")[2]
        fits = [each for each in elements if each.get(key) == value]
        place, names = (elements if "query-takes-first" in faults else fits)[0], names[1:]
    match operation.get("op"):
        case "test":
            if place.get(names[0]) != operation.get("value") and "tests-ignored" not in faults:
                raise Refusal(409, "the test fails")
        case _ if "operations-forgotten" in faults:
            return
        case "remove":
            _taken(place, names)
        case "move":
            _put(place, names, _taken(item, _steps(operation)))
        case "copy":
            _put(place, names, copy.deepcopy(_at(item, _steps(operation))))
        case "replace" if isinstance(_at(place, names[:-1]), list):
            _at(place, names[:-1])[int(names[-1])] = operation["value"]
        case "replace" if names[-1] not in _at(place, names[:-1]) and "replace-adds" not in faults:
            raise Refusal(400, "nothing to replace")
        case _:
            _put(place, names, operation["value"])


def _steps(operation: Item) -> list[str]:
    return str(operation["from"]).strip("/").split("/")


def _at(place: Any, names: list[str]) -> Any:
    for name in names:
        place = place[int(name)] if isinstance(place, list) else place[name]
    return place


def _taken(place: Any, names: list[str]) -> Any:
    around = _at(place, names[:-1])
    return around.pop(int(names[-1]) if isinstance(around, list) else names[-1])


def _put(place: Any, names: list[str], value: Any) -> None:
    around, last = _at(place, names[:-1]), names[-1]
    if isinstance(around, list):
        around.insert(len(around) if last == "-" else int(last), value)
    else:
        around[last] = value
