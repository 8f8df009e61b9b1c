"""JSON Patch queries: RFC 6902 whose paths may address list elements by what they are (rule PATCH-04)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import orjson
from jsonpointer import JsonPointerException, resolve_pointer

from tmfrig.mockservers.addressing import END_OF_LIST, address, pointer, value_at
from tmfrig.mockservers.errors import malformed
from tmfrig.mockservers.jsonpath import JsonPathError, Place
from tmfrig.mockservers.patching import (
    InapplicableError,
    Operation,
    TestFailedError,
    check_size,
    json_patched,
)
from tmfrig.mockservers.patterns import MOST_PATTERNS

MOST_QUERIES = 100
MOST_PLACES = 1000
_NOTHING = object()
_PATTERN = re.compile(r"=~|\b(?:match|search)\(")
"""What a regular expression in a JSONPath comes after."""


def query_patched(target: dict[str, Any], operations: Any) -> dict[str, Any]:
    """The target with every operation made at every place that its path addresses.

    An `add` gives a list another element, and an object that was found by a query more attributes: so TMF630
    uses it in its examples. ApiError: 400 for operations that are malformed or address nothing, 409 for a
    `test` that fails at one of its places or has none.
    """
    if isinstance(operations, list) and len(operations) > MOST_QUERIES:
        raise malformed(f"a JSON Patch query may have {MOST_QUERIES} operations, not {len(operations)}")
    if sum(len(_PATTERN.findall(each)) for each in _texts(operations)) > MOST_PATTERNS:
        raise malformed(f"a JSON Patch query may have {MOST_PATTERNS} regular expressions")
    return json_patched(target, operations, _expanded)


def _texts(operations: Any) -> Iterator[str]:
    """All that the operations say of places."""
    for each in operations if isinstance(operations, list) else ():
        if isinstance(each, dict):
            yield from (each[name] for name in ("path", "from") if isinstance(each.get(name), str))


def _expanded(document: Any, operation: Any) -> Iterator[Any]:
    """Operations of RFC 6902 for one that addresses by query; to be applied before the next is asked for."""
    if not isinstance(operation, dict) or not isinstance(operation.get("path"), str):
        yield operation
        return
    try:
        if operation.get("op") == "move" and (
            _is_query(operation["path"]) or _is_query(operation.get("from"))
        ):
            source = _source(document, operation.get("from"))
            value = resolve_pointer(document, source)
            yield {"op": "remove", "path": source}
            # the path is that of the document without what was moved
            operation = {"op": "add", "path": operation["path"], "value": value}
        elif operation.get("op") == "copy" and _is_query(operation.get("from")):
            operation = operation | {"from": _source(document, operation["from"])}
        yield from _at_every_place(document, operation)
    except (JsonPathError, JsonPointerException) as error:
        raise InapplicableError(str(error)) from None


def _at_every_place(document: Any, operation: Operation) -> Iterator[Operation]:
    path, kind = operation["path"], operation.get("op")
    found = address(path)
    if found is None:
        yield from (
            _added(operation, path, resolve_pointer(document, path, _NOTHING))
            if kind == "add"
            else (operation,)
        )
        return
    places = list(islice(found.places(document), MOST_PLACES + 1))
    if kind not in ("add", "copy"):
        places = [each for each in places if _value(document, each) is not _NOTHING]
    if not places:
        failure = TestFailedError if kind == "test" else InapplicableError
        raise failure(f"nothing is at {path}")
    if len(places) > MOST_PLACES:
        raise InapplicableError(f"{path} addresses more than {MOST_PLACES} places")
    check_size(operation.get("value"), len(places))
    # from the end, so that removing and inserting moves no place that is still to come
    for place in reversed(places):
        here = operation | {"path": pointer(place)}
        if "value" in operation:
            here["value"] = orjson.loads(orjson.dumps(operation["value"]))
        present = _value(document, place)
        if kind == "add" and isinstance(present, dict) and isinstance(here.get("value"), dict):
            for name, value in here["value"].items():
                yield {"op": "add", "path": here["path"] + pointer((name,)), "value": value}
        else:
            yield from _added(here, here["path"], present)
    if len(places) > 1:
        check_size(document)


def _added(operation: Operation, path: str, present: Any) -> Iterator[Operation]:
    """The operation; an `add` of one element at a list goes to its end, where RFC 6902 would replace it."""
    is_element = operation.get("op") == "add" and not isinstance(operation.get("value"), list)
    if is_element and isinstance(present, list):
        yield operation | {"path": f"{path}/{END_OF_LIST}"}
    else:
        yield operation


def _source(document: Any, path: Any) -> str:
    """The pointer to the one place that a `from` addresses."""
    if not isinstance(path, str):
        raise InapplicableError("from should be a path")
    found = address(path)
    if found is None:
        return path
    places = [each for each in islice(found.places(document), 2) if _value(document, each) is not _NOTHING]
    if len(places) != 1:
        raise InapplicableError(f"from should address one place, which {path} does not")
    return pointer(places[0])


def _is_query(path: Any) -> bool:
    return isinstance(path, str) and address(path) is not None


def _value(document: Any, place: Place) -> Any:
    try:
        return value_at(document, place)
    except (KeyError, IndexError, TypeError):
        return _NOTHING
