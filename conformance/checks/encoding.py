"""Encoding: text comes back as it was sent, in whatever script, or is refused.

The attribute is one of the client's own choice (a description, a name) that no business interprets.
"""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Iterator
from typing import Any, Final

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import MUST, SHOULD, Suite, Violation, check, not_applicable, observing, skip
from tmfrig.conformance.checks.places import Place
from tmfrig.conformance.checks.round_trips import Trip, after, told, travelled, unaltered
from tmfrig.conformance.checks.samples import ids_in, is_complete, texts
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import expect, show
from tmfrig.specs import Kind, Resource

_FREE = ("description", "name", "externalId", "cancellationReason")
_KEPT = "text is kept as it is, or refused"

WORLD: Final = "Blåbærgrød ½ ﬁ ① Ελλάδα 漢字 😀👩\u200d🚀 עברית العربية"
"""Scripts of one to four bytes a character, joined emoji, and text that runs from right to left."""
SIGNS: Final = '"it\'s" <b>5 &amp; 6</b> \\n C:\\temp %20 %C3%A9 1+1 #1;--'
"""What escapes and decoders of all kinds take to be theirs."""
LINES: Final = "first line\nsecond\tline"
COMPOSED: Final = "Ångström é"
CONTROLS: Final = (("NUL", "\0"), ("a control character", "\x01"), ("an escape character", "\x1b"))


def _has_text(resource: Resource) -> bool:
    return bool(texts(resource, _FREE))


def _place(resource: Resource) -> Place:
    return (texts(resource, _FREE)[0],)


def _travelled(api: Api, resource: Resource, text: str | None, what: str, *, listed: bool = False) -> Trip:
    name = texts(resource, _FREE)[0]
    label = f"POST {resource.path} with {what} as {name}"
    return travelled(api, resource, api.payload(resource) | {name: text}, label, listed=listed)


def _is_unaltered(trip: Trip, resource: Resource, text: str, because: str = _KEPT) -> None:
    # Line ends are written in two ways.
    unaltered(trip, _place(resource), text, lambda value: _levelled(value) == _levelled(text), because)


def _levelled(value: Any) -> Any:
    # Canonically equivalent text is the same text (Unicode, 3.7): encoding.normalization asks for more.
    return unicodedata.normalize("NFC", value.replace("\r\n", "\n")) if isinstance(value, str) else value


@observing(
    "encoding.utf8",
    MUST,
    "JSON is written in UTF-8.",
    source="RFC 8259, 8.1, character encoding; rules ROB-05, HTTP-11",
)
def answers_are_utf8(exchange: Exchange) -> None:
    if not exchange.body or exchange.media_type != "application/json":
        not_applicable()
    try:
        exchange.body.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise Violation(
            f"{exchange.label}: byte {problem.start} of the body is not UTF-8",
            expected="a body in UTF-8",
            actual=repr(exchange.body[max(0, problem.start - 20) : problem.start + 20]),
            exchange=exchange,
        ) from None


@check(
    "encoding.text",
    MUST,
    "Text of any script, with quotes, markup, escapes and line breaks, comes back as it was sent.",
    source="RFC 8259, 7, strings; rule ROB-05",
    on=Kind.CREATE,
    when=_has_text,
)
def text_comes_back(api: Api, resource: Resource) -> str | None:
    trips = []
    samples = {"letters of the world": WORLD, "quotes and markup": SIGNS, "two lines and a tab": LINES}
    for what, text in samples.items():
        trips.append(_travelled(api, resource, text, what, listed=True))
        _is_unaltered(trips[-1], resource, text)
    _patched_text_comes_back(api, resource, trips[-1])
    return told(trips)


def _patched_text_comes_back(api: Api, resource: Resource, trip: Trip) -> None:
    name = texts(resource, _FREE)[0]
    is_patchable = Kind.PATCH in resource.operations and name not in resource.non_patchable
    if trip.id is None or trip.refused or not is_patchable:
        return
    label = f"PATCH {resource.path}/{{id}} with letters of the world as {name}"
    answer = api.patch(resource, trip.id, {name: WORLD}, label=label, intent=Intent.OPEN)
    expect(answer).not_a_server_error("it could be kept, or refused with a 4xx")
    _is_unaltered(after(api, resource, trip.id, answer), resource, WORLD)


@check(
    "encoding.normalization",
    SHOULD,
    "Letters that are written as a sign and an accent stay so.",
    source="Unicode, normalization forms; rule ROB-05",
    on=Kind.CREATE,
    when=_has_text,
)
def combining_characters_stay(api: Api, resource: Resource) -> str | None:
    text = f"{COMPOSED} {unicodedata.normalize('NFD', COMPOSED)}"
    trip = _travelled(api, resource, text, "composed and combining letters")
    because = "texts that differ should not become one"
    unaltered(trip, _place(resource), text, lambda value: bool(value == text), because)
    return told([trip])


@check(
    "encoding.blanks",
    SHOULD,
    "Blanks at the ends of a text, and several in a row, stay.",
    source="RFC 8259, 7, strings; rule ROB-05",
    on=Kind.CREATE,
    when=_has_text,
)
def blanks_stay(api: Api, resource: Resource) -> str | None:
    text = "  two in front, two   inside and two behind  "
    trip = _travelled(api, resource, text, "blanks at its ends")
    _is_unaltered(trip, resource, text, "what is changed without a word is not what the client has said")
    return told([trip])


@check(
    "encoding.long-text",
    MUST,
    "A text of 300 characters comes back whole, or is refused.",
    source="the API's OpenAPI document, which limits no text; rule ROB-05",
    on=Kind.CREATE,
    when=_has_text,
)
def long_text_is_not_cut(api: Api, resource: Resource) -> str | None:
    text = "".join(f"{number:03},é" for number in range(60))
    trip = _travelled(api, resource, text, f"{len(text)} characters")
    for exchange, value in trip.values(_place(resource)):
        if value != text:
            length = len(value) if isinstance(value, str) else 0
            raise Violation(
                f"{exchange.label}: of {len(text)} characters {length} are left; {_KEPT}",
                expected=f"{len(text)} characters, or a 4xx to the create",
                actual=show(value),
                exchange=exchange,
            )
    return told([trip])


@check(
    "encoding.control-characters",
    MUST,
    "Text behind a NUL or another control character is not lost without a word.",
    source="RFC 8259, 7, strings; rule ROB-04",
    on=Kind.CREATE,
    when=_has_text,
)
def control_characters_do_no_harm(api: Api, resource: Resource) -> str | None:
    trips = []
    for trip, text in _with_controls(api, resource):
        trips.append(trip)
        unaltered(trip, _place(resource), text, _has_both_ends, _KEPT)
    return told(trips)


def _with_controls(api: Api, resource: Resource) -> Iterator[tuple[Trip, str]]:
    for what, character in CONTROLS:
        text = f"before{character}behind"
        yield _travelled(api, resource, text, f"{what} in a text"), text


def _has_both_ends(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("before") and value.endswith("behind")


@check(
    "encoding.control-characters-kept",
    SHOULD,
    "Control characters in a text are kept or refused, not replaced.",
    source="RFC 8259, 7, strings; rule ROB-04",
    on=Kind.CREATE,
    when=_has_text,
    suite=Suite.full,
)
def control_characters_are_kept_or_refused(api: Api, resource: Resource) -> str | None:
    trips = []
    for trip, text in _with_controls(api, resource):
        trips.append(trip)
        _is_unaltered(trip, resource, text)
    return told(trips)


@check(
    "encoding.null",
    MUST,
    "An attribute that is created or patched as null is null or absent, not a text.",
    source="RFC 8259, 3, values; RFC 7396, merge patch; rules ROB-05, PATCH-01",
    on=Kind.CREATE,
    when=lambda resource: bool(_nullable(resource)),
)
def null_stays_null(api: Api, resource: Resource) -> str | None:
    name = _nullable(resource)[0]
    label = f"POST {resource.path} with null as {name}"
    trip = travelled(api, resource, api.payload(resource) | {name: None}, label)
    unaltered(trip, (name,), None, _says_something, "null is no text")
    if Kind.PATCH not in resource.operations or name in resource.non_patchable:
        return told([trip])
    instance = api.fresh(resource, api.payload(resource) | {name: "of a test"})
    label = f"PATCH {resource.path}/{{id}} with null as {name}"
    answer = api.patch(resource, instance.id, {name: None}, label=label, intent=Intent.OPEN)
    expect(answer).not_a_server_error("null takes an attribute away, or is refused with a 4xx")
    patched = after(api, resource, instance.id, answer)
    unaltered(patched, (name,), None, _says_something, "null is no text")
    return None


def _nullable(resource: Resource) -> list[str]:
    return [name for name in texts(resource, _FREE) if name not in resource.mandatory]


def _says_something(value: Any) -> bool:
    """A default of the target's own may stand there, but not what only a null turned into text looks like."""
    return isinstance(value, str) and value.strip().lower() not in ("", "null", "none", "nil", "undefined")


@check(
    "encoding.query",
    SHOULD,
    "Text of any script is found by a query for it, which is written in UTF-8.",
    source="RFC 3986, 2.5; TMF630 part 1, filtering; rules ROB-05, FILT-01",
    on=Kind.LIST,
    when=lambda resource: _has_text(resource) and Kind.CREATE in resource.operations,
    suite=Suite.full,
)
def text_is_found(api: Api, resource: Resource) -> str | None:
    name = texts(resource, _FREE)[0]
    token = f"rig-{uuid.uuid4().hex[:8]}"
    for what, text in (("plain text", token), ("letters of the world", f"{token} {WORLD}")):
        trip = _travelled(api, resource, text, what)
        if trip.refused or trip.id is None:
            skip(f"{trip.answer.label} is not taken (answered {trip.answer.status})")
        label = f"GET {resource.path} where {name} is {show(text)}"
        answer = api.list(resource, {name: text}, label=label, intent=Intent.OPEN)
        expect(answer).not_a_server_error("a query in UTF-8 is a right one")
        is_found = trip.id in ids_in(answer)
        if not is_found and (text == token or not answer.ok or not is_complete(answer)):
            skip(f"{name} is nothing by which lists are filtered here")
        if not is_found:
            raise Violation(
                f"{answer.label}: {resource.name} {trip.id} is not found, though one of plain text is",
                expected=f"{resource.name} {trip.id} in the list",
                actual=show(ids_in(answer)),
                exchange=answer,
            )
    return None
