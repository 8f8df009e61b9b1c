"""Oddities: requests that no client should send, and what may be expected of the answers all the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tmfrig.conformance.api import NOT_OFFERED, Api
from tmfrig.conformance.check import skip
from tmfrig.conformance.client import NoAnswer
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.specs import Attribute, Resource

ABSURD: Final = "absurd"
"""Tags a request that whatever stands before the API (web server, gateway) may refuse in its own words."""
MALFORMED: Final = "malformed"
"""Tags a request whose body is no JSON."""
MISTYPED: Final = "mistyped"
"""Tags a request with a value of the wrong JSON type."""

DEEP = 5000
"""Levels of nesting that nobody needs and every recursive reader dies of."""
HUGE = 4 * 2**20
"""Bytes of a body that is larger than resources are, and small enough to be sent to anybody."""
NESTED = 60
"""Levels that are unusual, and no trouble to anybody who has thought of it."""
LARGE = 64 * 2**10
"""Bytes that a resource with many attachments and characteristics may well have."""
LONG = 2000
"""Characters of an id that is longer than ids are; a URL may have 8000 and more (RFC 9110, 4.1)."""

NO_FAILURE: Final = "a 5xx says that the server failed, and the mistake is the client's"

_WRONG: Final[Mapping[str, tuple[Any, ...]]] = {
    "string": ({"rig": 1}, ["rig"], 7),
    "object": ("rig", ["rig"], 7),
    "array": ({"rig": 1}, "rig", 7),
    "integer": ("rig", {"rig": 1}, [1]),
    "number": ("rig", {"rig": 1}, [1]),
    "boolean": ("rig", {"rig": 1}, [True]),
}
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "object": (dict,),
    "array": (list,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


def wrong_values(attribute: Attribute) -> tuple[Any, ...]:
    """Values of another JSON type than the attribute's; none where the contract leaves the type open."""
    return _WRONG.get(attribute.type, ())


def has_its_type(value: Any, attribute: Attribute) -> bool:
    """Whether a value has the JSON type that the attribute should have."""
    return isinstance(value, _TYPES.get(attribute.type, (object,)))


def malformed(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Bodies that are no JSON document, made of one that is an object, each with what is wrong with it."""
    begin = body[:-1] if body == b"{}" else body[:-1] + b","
    yield "JSON that is cut off", body[:-1]
    yield "a trailing comma", begin + b'"rig":1,}'
    yield "two JSON documents", body + body
    yield "text that is not UTF-8", begin + b'"rig":"\xff\xfe"}'
    yield "NaN for a number", begin + b'"rig":NaN}'
    yield "names without quotes", begin + b"rig:1}"
    yield "no body", b""
    yield "a body of blanks", b" \r\n\t "


def odd_ids(nothing: str) -> Iterator[tuple[str, str]]:
    """Ids, as they stand in a path, that nothing has, with what is odd about them.

    They hold an id that nothing has, and nothing that could mean others: who reads them carelessly finds
    nothing either, and loses nothing by a DELETE.
    """
    yield f"of {LONG} characters", "x" * LONG
    yield "with a slash and dots", f"..%2F{nothing}"
    yield "with a NUL", f"{nothing}%00"
    yield "with quotes", f"{nothing}%27%22"
    yield "with a line break", f"{nothing}%0D%0AX-Rig:%201"
    yield "with letters of the world", f"{nothing}-%C3%A9%E6%BC%A2%F0%9F%98%80"
    yield "with bytes that are not UTF-8", f"{nothing}%FF"
    yield "with signs that patterns are made of", f"{nothing}%25%5C%5B(%2B%5E"


ODD_QUERIES: Final[tuple[tuple[str, str], ...]] = (
    ("an attribute that there is not", "noSuchAttribute=rig"),
    ("such an attribute at depth", "no.such.attribute.gt=7"),
    ("a parameter without a value", "noSuchAttribute="),
    ("a parameter without a name", "=rig&&"),
    ("a parameter twice", "noSuchAttribute=1&noSuchAttribute=2"),
    ("brackets, quotes and semicolons", "no%5Bsuch%5D%27%22%3B--=%27%22%3B--"),
    ("a NUL", "noSuchAttribute=rig%00rig"),
    ("bytes that are not UTF-8", "noSuchAttribute=%FF%FE"),
    ("percent signs that encode nothing", "noSuchAttribute=100%&another=%zz"),
    ("letters of the world", "noSuchAttribute=%C3%A9%E6%BC%A2%F0%9F%98%80"),
    ("a value of 2000 characters", f"noSuchAttribute={'x' * LONG}"),
)
"""Queries of what no resource has, each with what is odd about it."""


def post_bytes(
    api: Api, resource: Resource, content: bytes, label: str, tags: tuple[str, ...] = ()
) -> Exchange:
    """POST bytes that are deliberately no valid body; skips where there is no POST."""
    answer = api.request(
        "POST", resource.path, content=content, label=label, intent=Intent.INVALID, tags=tags
    )
    if answer.status in NOT_OFFERED:
        skip(f"POST {resource.path} is not offered (answered {answer.status})")
    return answer


def unless_cut_off(answer: Exchange | NoAnswer) -> Exchange:
    """The answer; skips where the connection was closed instead, as who is sent too much may do."""
    if isinstance(answer, NoAnswer):
        skip(f"the connection was closed, which is an answer of its own: {answer}")
    return answer
