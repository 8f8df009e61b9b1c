"""What several boundaries read and write alike: references, characteristics, states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from tmfrig.mockservers.neighbours import NeighbourError, Peer

Body = dict[str, Any]


def objects(value: Any) -> list[Body]:
    """The objects of a list; nothing for whatever else stands there."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def identifier(value: Any) -> str | None:
    """The id that a reference holds."""
    found = value.get("id") if isinstance(value, dict) else None
    return str(found) if found not in (None, "") else None


def created_id(peer: Peer, resource: str, created: Body) -> str:
    """The id of what was just created; NeighbourError where the answer names none."""
    found = identifier(created)
    if found is None:
        raise NeighbourError(peer.neighbour, f"POST {resource}", None, "its answer has no id")
    return found


def identifiers(value: Any) -> list[str]:
    """The ids that a list of references holds."""
    return [found for each in objects(value) if (found := identifier(each)) is not None]


def text(value: Any) -> str:
    """A text, empty for anything else."""
    return value if isinstance(value, str) else ""


def traits(value: Any) -> dict[str, Any]:
    """Characteristics by name; of several of one name the last."""
    return {str(each["name"]): each.get("value") for each in objects(value) if each.get("name")}


def characteristics(values: Mapping[str, Any]) -> list[Body]:
    """Characteristics as they are written."""
    return [{"name": name, "value": value} for name, value in values.items()]


def merged_characteristics(present: Any, changes: Mapping[str, Any]) -> list[Body]:
    """A list of characteristics in which some have new values; the others stay as they are."""
    kept = [
        each | {"value": changes[name]} if (name := text(each.get("name"))) in changes else each
        for each in objects(present)
    ]
    known = {text(each.get("name")) for each in kept}
    return [*kept, *characteristics({name: each for name, each in changes.items() if name not in known})]


def reference(identifier: str, **more: Any) -> Body:
    """A reference, with what else is known of what it refers to."""
    return {"id": identifier, **{name: value for name, value in more.items() if value}}


def without_nothing(body: Mapping[str, Any]) -> Body:
    """A body without attributes that say nothing."""
    return {name: value for name, value in body.items() if value not in (None, "", [], {})}


def moment() -> str:
    """The present instant as the wire writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def first_text(values: Iterable[Any], *names: str) -> str:
    """What the first object of several says under the first of some names."""
    for each in values:
        for name in names:
            if isinstance(each, dict) and text(each.get(name)):
                return text(each[name])
    return ""
