"""Patches: RFC 7396 merge patch, mandatory in TMF630, and RFC 6902 JSON Patch (rules PATCH-01 to 03)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import jsonpatch
import orjson
from jsonpointer import JsonPointerException

from tmfrig.mockservers.errors import ApiError, malformed
from tmfrig.mockservers.exchange import DEEPEST_BODY
from tmfrig.specs.nesting import nests_deeper

MOST_OPERATIONS = 500
LARGEST_RESULT = 4 * 1024 * 1024

Operation = dict[str, Any]
Expand = Callable[[Any, Any], Iterable[Any]]


class InapplicableError(Exception):
    """An operation that points at nothing or is none."""


class TestFailedError(Exception):
    """A `test` that does not hold."""


def _as_it_is(target: Any, operation: Any) -> Iterable[Any]:
    return (operation,)


def merged(target: Any, patch: Any) -> Any:
    """RFC 7396: objects are merged, null removes, all else (arrays too) replaces. `target` stays as it is."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            result[name] = merged(result.get(name), value)
        else:
            result[name] = value
    return result


def json_patched(target: dict[str, Any], operations: Any, expand: Expand = _as_it_is) -> dict[str, Any]:
    """RFC 6902 on a copy of the target. `expand` says what operations of RFC 6902 an operation stands for.

    ApiError: 400 for operations that are malformed or point at nothing, 409 for a `test` that fails. Either
    way nothing is changed.
    """
    if not isinstance(operations, list):
        raise malformed("a JSON Patch is an array of operations")
    if len(operations) > MOST_OPERATIONS:
        raise malformed(f"a JSON Patch may have {MOST_OPERATIONS} operations, not {len(operations)}")
    result = orjson.loads(orjson.dumps(target))
    for index, operation in enumerate(operations):
        try:
            # one by one: what an operation stands for may depend on what its first part has changed
            for each in expand(result, operation):
                result = _applied(result, each)
        except InapplicableError as error:
            raise ApiError(400, "invalidPatch", f"operation {index} cannot be applied", str(error)) from None
        except TestFailedError as error:
            raise ApiError(409, "testFailed", f"the test of operation {index} fails", str(error)) from None
        if isinstance(operation, dict) and operation.get("op") == "copy":
            check_size(result)
    if not isinstance(result, dict):
        raise malformed("the patch leaves no JSON object")
    if nests_deeper(result, DEEPEST_BODY):
        raise malformed(f"the patch makes the resource nest deeper than {DEEPEST_BODY} levels")
    return result


def check_size(value: Any, times: int = 1) -> None:
    """ApiError (400) where a value is larger than a patch may make a resource."""
    # each copy can double the document: a short patch must not fill the memory
    try:
        small = len(orjson.dumps(value)) * times <= LARGEST_RESULT
    except TypeError:
        small = False
    if not small:
        raise malformed("the patch makes the resource too large")


def _applied(target: Any, operation: Any) -> Any:
    try:
        return jsonpatch.JsonPatch([operation]).apply(target, in_place=True)
    except jsonpatch.JsonPatchTestFailed as error:
        raise TestFailedError(str(error)) from None
    except (
        jsonpatch.JsonPatchException,
        JsonPointerException,
        AttributeError,
        IndexError,
        KeyError,
        TypeError,
        ValueError,
    ) as error:
        raise InapplicableError(f"{type(error).__name__}: {error}") from None
