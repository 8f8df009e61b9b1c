"""Bodies made from a JSON Schema: valid ones, and ones with a few things broken."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

from small_documents import Json
from tmf_oracle import nodes

DEEPEST = 5
TEXTS = ("", "text", "Größe €", "2024-02-29", "aborted", "aborted ", "acknowledged", "0", "null")
DATES = ("2024-02-29", "1970-01-01")
MOMENTS = ("2024-02-29T10:00:00Z", "2024-02-29T10:00:00.123456+05:30", "1996-12-19t16:39:57z")
JUNK: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 1.0, 10**18, "", "text", [], {}, [None], [[]], {"id": 1}, {"@type": 7}),
    *("2024-02-30T10:00:00Z", "2024-02-29T25:00:00Z", "2024-02-29T10:00:00", "2024-02-29T10:00Z"),
    *("2024-2-9", "2023-02-29", "20240229", "tomorrow", "aborted", "aborted ", "accepted", "acknowledged"),
)


def valid_body(schema: Json, random: Random) -> Any:
    """A body that keeps a self-contained JSON Schema."""
    return _value(schema, schema.get("$defs", {}), random, 0)


def broken(body: Any, random: Random) -> Any:
    """The body with one to three places changed, which may or may not make it invalid."""
    changed = {"body": copy.deepcopy(body)}
    for _ in range(random.randint(1, 3)):
        holder: Any = changed
        while True:
            key = random.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
            if not isinstance(holder[key], dict | list) or not holder[key] or random.random() < 0.2:
                break
            holder = holder[key]
        if random.random() < 0.4 and holder is not changed:
            del holder[key]
        else:
            holder[key] = copy.deepcopy(random.choice(JUNK))
        if not isinstance(changed["body"], dict | list) or not changed["body"]:
            break
    return changed["body"]


def retyped(body: Any, random: Random) -> Any:
    """The body with the `@type` of one object changed to that of another, or to an unknown one."""
    changed = copy.deepcopy(body)
    typed = [each for each in nodes(changed) if "@type" in each]
    if typed:
        names = sorted({str(each["@type"]) for each in typed})
        random.choice(typed)["@type"] = random.choice([*names, "Extension", "PartyRef", "Organization"])
        random.choice(typed)["@baseType"] = random.choice([*names, "Extension"])
    return changed


def _value(schema: Json, definitions: Json, random: Random, depth: int) -> Any:
    while "$ref" in schema:
        schema = definitions[schema["$ref"].rsplit("/", 1)[1]]
    if "enum" in schema:
        return random.choice(schema["enum"])
    match schema.get("type"):
        case "object":
            return _object(schema, definitions, random, depth)
        case "array":
            least = schema.get("minItems", 0)
            length = least if depth >= DEEPEST else max(least, random.choice((0, 1, 1, 2)))
            return [_value(schema.get("items", {}), definitions, random, depth + 1) for _ in range(length)]
        case "string":
            kinds = {"date-time": MOMENTS, "date": DATES}
            return random.choice(kinds.get(schema.get("format", ""), TEXTS))
        case "boolean":
            return random.random() < 0.5
        case "integer":
            return random.choice((0, 1, -3, 2**40))
        case "number":
            return random.choice((0, 1.5, -3, 1e10))
        case _:
            return copy.deepcopy(random.choice(JUNK))


def _object(schema: Json, definitions: Json, random: Random, depth: int) -> Json:
    required = schema.get("required", ())
    wanted = 0.25 if depth < DEEPEST else 0
    return {
        name: _value(each, definitions, random, depth + 1)
        for name, each in schema.get("properties", {}).items()
        if name in required or random.random() < wanted
    }
