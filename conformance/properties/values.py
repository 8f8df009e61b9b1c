"""Values of a client's choice that a business may take: what a text, a number or a moment is drawn from.

Few and plain, so that what is refused is refused for the structure that is explored and not for an odd word;
texts that are hard to keep are the subject of other checks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tmfrig.conformance.typed import TYPE, plain
from tmfrig.specs import Attribute

Known = Mapping[str, Sequence[str]]
"""Ids that exist at the target, by the name of the resource."""

_WORDS: Final = ("Fibre 500", "1.0", "Æblegrød og kaffe", "x")
_NUMBERS: Final[Mapping[str, Sequence[float]]] = {"integer": (1, 0, 42), "number": (1.5, 0, 100)}
_MOMENTS: Final[Mapping[str, Sequence[str]]] = {
    "date-time": ("2036-03-01T10:00:00Z", "2036-02-29T23:59:59.123456+05:30"),
    "date": ("2036-03-01", "2036-02-29"),
    "base64": ("dG1mcmln",),
    "byte": ("dG1mcmln",),
}
_LINKS: Final = ("https://example.com/a", "https://example.com/b?c=d")
_LINKED = frozenset({"href", "url", "uri", "@schemaLocation"})
_CLOCK = ("08:00", "17:30")


def value_schema(attribute: Attribute, owner: str, known: Known) -> dict[str, Any]:
    """The schema of a scalar: a short list of values, or what the contract says where that has limits.

    `owner` is the type that the attribute belongs to, which says what an id is the id of.
    """
    if attribute.enum:
        return {"enum": list(attribute.enum)}
    if attribute.limits:
        formatted = {"format": attribute.format} if attribute.format else {}
        return {"type": attribute.type, **formatted, **attribute.limits}
    match attribute.type:
        case "boolean":
            return {"type": "boolean"}
        case "integer" | "number":
            return {"type": attribute.type, "enum": list(_NUMBERS[attribute.type])}
        case "string":
            return {"type": "string", "enum": list(_texts(attribute, owner, known))}
        case _:
            return {"enum": [_WORDS[0], 1, True]}


def _texts(attribute: Attribute, owner: str, known: Known) -> Sequence[str]:
    name = attribute.name
    if attribute.format and attribute.format in _MOMENTS:
        return _MOMENTS[attribute.format]
    if attribute.format in ("uri", "url") or name in _LINKED:
        return _LINKS
    if name == "id":
        return known.get(_referred(owner).lower()) or ("rig-1", "42")
    if name in (TYPE, "@baseType"):
        return (plain(owner) or "Entity",)
    if name == "@referredType":
        return (_referred(owner) or "Entity",)
    return _CLOCK if name in ("startTime", "endTime") else _WORDS


def _referred(owner: str) -> str:
    return plain(owner).removesuffix("Ref")
