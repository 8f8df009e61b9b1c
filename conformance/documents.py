"""Documents that users write: read from YAML, TOML or JSON, and what is wrong with them told in one line."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from tmfrig.conformance.failure import CommandError

try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # where PyYAML was built without libyaml; it reads the same, at a tenth of the speed
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]

MOST_BYTES = 5 * 2**20
"""Nobody writes more by hand; what is larger is another file."""
MOST_VALUES = 1_000_000
DEEPEST = 100


class Strict(BaseModel):
    """A section that takes no other keys than its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def read_document(path: Path, failure: type[CommandError], what: str = "") -> Any:
    """What a file holds, by its ending (YAML where that says nothing); `failure` when it cannot be read.

    `what` is the document in words ("the data "), for the message.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise failure(f"cannot read {what}{path}: it is larger than {MOST_BYTES // 2**20} MB")
        text = content.decode("utf-8-sig")
    except (OSError, ValueError) as problem:
        why = getattr(problem, "strerror", None) or "it is not text"
        raise failure(f"cannot read {what}{path}: {why}") from None
    found = _parsed(text, path, failure)
    if (why := _unwieldy(found)) is not None:
        raise failure(f"cannot read {what}{path}: {why}")
    return found


def _parsed(text: str, path: Path, failure: type[CommandError]) -> Any:
    try:
        match path.suffix.lower():
            case ".toml":
                return tomllib.loads(text)
            case ".json":
                return json.loads(text)
            case _:
                return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 0
        raise failure(f"{path} is not YAML: {problem.problem} in line {line}") from None
    except (ValueError, yaml.YAMLError, RecursionError) as problem:
        kind = path.suffix.lstrip(".").upper() or "YAML"
        raise failure(f"{path} is not {kind}: {str(problem).splitlines()[0]}") from None


class _Loader(_SafeLoader):
    """Reads YAML, and refuses what YAML forbids and its loaders let pass: a key that is there twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key, _ in node.value:
            if (key.tag, str(key.value)) in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key.value!r} is there twice, again", problem_mark=key.start_mark
                )
            seen.add((key.tag, str(key.value)))
        return super().construct_mapping(node, deep)


def _unwieldy(document: Any) -> str | None:
    """What makes a document too much to work with: with aliases, a few lines of YAML may have no end."""
    waiting, count = [(document, 0)], 0
    while waiting:
        value, depth = waiting.pop()
        count += 1
        if depth > DEEPEST:
            return f"it is nested more than {DEEPEST} levels deep"
        if count + len(waiting) > MOST_VALUES:
            return f"it comes to more than {MOST_VALUES} values"
        if isinstance(value, dict | list):
            inner = value.values() if isinstance(value, dict) else value
            waiting.extend((each, depth + 1) for each in inner)
    return None


def in_words(mistake: Mapping[str, Any]) -> str:
    """What pydantic found wrong with a value, for people who write no Python."""
    said: str = mistake["msg"].removeprefix("Value error, ")
    said = re.sub(r"a valid dictionary( or instance of \w+)?", "an object, {key: value}", said)
    # our own words may begin with a name
    return said if said[1:2].isupper() else f"{said[:1].lower()}{said[1:]}"


def first_mistake(problem: ValidationError, model: type[BaseModel]) -> str:
    """The first mistake that was found in a document of a model, with its place: `offerings.single: …`."""
    first = problem.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"{place}: there is no such key; there are {', '.join(_siblings(model, first['loc']))}"
    said = in_words(first)
    return f"{place}: {said}" if place else said


def _siblings(model: type[BaseModel], place: tuple[int | str, ...]) -> Iterator[str]:
    """The keys that may stand where `place` has a wrong one."""
    for part in place[:-1]:
        field = model.model_fields.get(str(part))
        # the key of a mapping, or the number in a list, leads to no other model
        found = list(_models(field.annotation)) if field is not None else []
        model = found[0] if found else model
    for name, field in model.model_fields.items():
        yield field.alias or name


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in get_args(annotation):
        yield from _models(each)
