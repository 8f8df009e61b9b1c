"""Faults of robustness: what is wrong or odd breaks something, or is taken for right."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

from tmfrig.mockservers.errors import ApiError
from tmfrig.mockservers.exchange import Exchange
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.intake import Intake
from tmfrig.mockservers.store import Body
from tmfrig.specs.nesting import nests_deeper

FAMILY = "robustness"


@fault(
    "empty-body-is-a-server-error",
    "TMF637",
    "A create without any body is answered 500; it should be 400.",
    rule="ROB-01",
    family=FAMILY,
)
class FailsWithoutBody(Exchange):
    """Does not look whether there is one."""

    async def _body(self) -> bytes:
        raw = await super()._body()
        if not raw.strip():
            raise RuntimeError("end of input")
        return raw


@fault(
    "invalid-utf8-is-a-server-error",
    "TMF622",
    "A body that is not UTF-8 is answered 500; it should be 400.",
    rule="ROB-01",
    family=FAMILY,
)
class FailsAtInvalidUtf8(Exchange):
    """Decodes before it parses."""

    async def _body(self) -> bytes:
        raw = await super()._body()
        raw.decode()
        return raw


@fault(
    "invalid-utf8-is-replaced",
    "TMF620",
    "A body that is not UTF-8 is taken with replacement characters; it should be refused.",
    rule="ROB-01",
    family=FAMILY,
)
class ReplacesInvalidUtf8(Exchange):
    """Decodes in the lenient way of its language."""

    async def _body(self) -> bytes:
        raw = await super()._body()
        return raw.decode("utf-8", "replace").encode()


@fault(
    "trailing-text-is-overlooked",
    "TMF638",
    "What follows the first JSON document of a body is overlooked; it should be refused.",
    rule="ROB-01",
    family=FAMILY,
)
class StopsAtFirstDocument(Exchange):
    """Reads one value, and is content."""

    async def _body(self) -> bytes:
        raw = await super()._body()
        try:
            _, end = json.JSONDecoder().raw_decode(raw.decode().lstrip())
        except ValueError:
            return raw
        return raw.decode().lstrip()[:end].encode()


@fault(
    "trailing-comma-is-overlooked",
    "TMF641",
    "A comma before a closing brace is overlooked; it is no JSON and should be refused.",
    rule="ROB-01",
    family=FAMILY,
)
class OverlooksCommas(Exchange):
    """Reads JSON as if it were JSON5."""

    async def _body(self) -> bytes:
        raw = await super()._body()
        return re.sub(rb",\s*}", b"}", raw)


@fault(
    "nan-is-taken",
    "TMF637",
    "NaN is taken for a number; it is no JSON and should be refused.",
    rule="ROB-01",
    family=FAMILY,
)
class TakesNan(Exchange):
    """Reads what its language writes."""

    async def _body(self) -> bytes:
        raw = await super()._body()
        return raw.replace(b":NaN", b":null")


@fault(
    "deep-body-is-a-server-error",
    "TMF622",
    "A body of 5000 levels is answered 500; it should be 400.",
    rule="ROB-01",
    family=FAMILY,
)
class FailsAtDepth(Exchange):
    """Reads recursively, and trusts the stack."""

    async def _body(self) -> bytes:
        raw = await super()._body()
        if raw.count(b"[") > 1000 or raw.count(b"{") > 1000:
            raise RecursionError("maximum recursion depth exceeded")
        return raw


@fault(
    "nested-body-is-a-server-error",
    "TMF637",
    "A body of more than 32 levels is answered 500; it should be taken, or refused with 400.",
    rule="ROB-01",
    family=FAMILY,
)
class FailsAtNesting(Exchange):
    """Has a database that stores 32 levels."""

    async def json_and_bytes(self) -> tuple[Any, bytes]:
        """The body, where the database can keep it."""
        value, raw = await super().json_and_bytes()
        if nests_deeper(value, 32):
            raise RecursionError("nesting is too deep")
        return value, raw


@fault(
    "large-body-is-a-server-error",
    "TMF620",
    "A body of more than 1 MiB is answered 500; it should be taken, or refused with 413.",
    rule="ROB-01",
    family=FAMILY,
)
class FailsAtSize(Exchange):
    """Has a buffer of a fixed size."""

    async def _body(self) -> bytes:
        raw = await super()._body()
        if len(raw) > 2**20:
            raise BufferError("the buffer is full")
        return raw


@fault(
    "byte-order-mark-is-a-server-error",
    "TMF638",
    "A byte order mark in front of a body is answered 500; it should be overlooked, or refused with 400.",
    rule="ROB-01",
    family=FAMILY,
)
class FailsAtByteOrderMark(Exchange):
    """Looks at the first byte only."""

    async def _body(self) -> bytes:
        raw = await super()._body()
        if raw.startswith(b"\xef\xbb\xbf"):
            raise RuntimeError("unexpected character at 0")
        return raw


@fault(
    "name-given-twice-is-a-server-error",
    "TMF641",
    "An object with the same name twice is answered 500; one value should be taken, or the body refused.",
    rule="ROB-01",
    family=FAMILY,
)
class FailsAtDuplicates(Exchange):
    """Puts what it reads into a map that allows no second value."""

    async def _body(self) -> bytes:
        raw = await super()._body()
        try:
            json.loads(raw, object_pairs_hook=_each_once)
        except KeyError:
            raise
        except ValueError:
            return raw
        return raw


@fault(
    "text-for-an-object-is-a-server-error",
    "TMF622",
    "A text or a list where an object belongs is answered 500; it should be 400.",
    rule="ROB-02",
    family=FAMILY,
)
class CastsBlindly(Intake):
    """Casts what it gets."""

    def check(self, body: Any, raw: bytes) -> Body:
        """The body, or a failed cast."""
        try:
            return super().check(body, raw)
        except ApiError as error:
            if "should be an object" in error.message or "should be an array" in error.message:
                raise TypeError("cannot be cast") from error
            raise


@fault(
    "object-for-a-text-is-a-server-error",
    "TMF637",
    "An object where a text belongs is answered 500; it should be 400.",
    rule="ROB-02",
    family=FAMILY,
)
class ExpectsTexts(Intake):
    """Calls what only a text has."""

    def check(self, body: Any, raw: bytes) -> Body:
        """The body, or a failed call."""
        try:
            return super().check(body, raw)
        except ApiError as error:
            if "should be a string" in error.message:
                raise AttributeError("'dict' object has no attribute 'strip'") from error
            raise


@fault(
    "wrong-types-are-stored",
    "TMF622",
    "Values of the wrong JSON type are stored as they are; they should be refused.",
    rule="ROB-02",
    family=FAMILY,
)
class StoresWrongTypes(Intake):
    """Has a data base without a schema."""

    def check(self, body: Any, raw: bytes) -> Body:
        """The body, whatever types it has."""
        try:
            return super().check(body, raw)
        except ApiError as error:
            if not isinstance(body, dict) or "should be a" not in error.message:
                raise
            return body

    def complete(self, body: Body, url: str) -> Body:
        """The new resource, whatever types it has."""
        try:
            return super().complete(body, url)
        except (ApiError, AttributeError, TypeError):
            return self.complete_seed({"id": str(uuid.uuid4()), **body}, url)


@fault(
    "unknown-attribute-is-a-server-error",
    "TMF638",
    "An attribute that the contract does not know is answered 500; it should be kept, ignored or refused.",
    rule="EXT-01",
    family=FAMILY,
)
class FailsAtUnknownAttributes(Intake):
    """Sets what it reads by reflection."""

    def check(self, body: Any, raw: bytes) -> Body:
        """The body, where it has nothing of its own."""
        checked = super().check(body, raw)
        strange = checked.keys() - self._resource.attributes.keys() - self._created.keys()
        if strange:
            raise AttributeError("no such property")
        return checked


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise KeyError("duplicate entry")
    return found
