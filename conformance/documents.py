"""Documents that users write: read from YAML, TOML or JSON, and what is wrong with them told in one line."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from tmfrig.conformance.failure import CommandError


class Strict(BaseModel):
    """A section that takes no other keys than its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def read_document(path: Path, failure: type[CommandError], what: str = "") -> Any:
    """What a file holds, by its ending (YAML where that says nothing); `failure` when it cannot be read.

    `what` is the document in words ("the data "), for the message.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        why = getattr(problem, "strerror", None) or "it is not text"
        raise failure(f"cannot read {what}{path}: {why}") from None
    try:
        match path.suffix.lower():
            case ".toml":
                return tomllib.loads(text)
            case ".json":
                return json.loads(text)
            case _:
                return yaml.safe_load(text)
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 0
        raise failure(f"{path} is not YAML: {problem.problem} in line {line}") from None
    except (ValueError, yaml.YAMLError, RecursionError) as problem:
        kind = path.suffix.lstrip(".").upper() or "YAML"
        raise failure(f"{path} is not {kind}: {str(problem).splitlines()[0]}") from None


def first_mistake(problem: ValidationError, model: type[BaseModel]) -> str:
    """The first mistake that was found in a document of a model, with its place: `offerings.single: …`."""
    first = problem.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"{place}: there is no such key; there are {', '.join(_siblings(model, first['loc']))}"
    said = first["msg"].removeprefix("Value error, ")
    said = f"{said[:1].lower()}{said[1:]}"
    return f"{place}: {said}" if place else said


def _siblings(model: type[BaseModel], place: tuple[int | str, ...]) -> Iterator[str]:
    """The keys that may stand where `place` has a wrong one."""
    for part in place[:-1]:
        field = model.model_fields.get(str(part))
        # the key of a mapping, or the number in a list, leads to no other model
        found = list(_models(field.annotation)) if field is not None else []
        model = found[0] if found else model
    yield from model.model_fields


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in get_args(annotation):
        yield from _models(each)
