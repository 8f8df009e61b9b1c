"""Reads a JSON or YAML file into plain JSON data, whatever somebody has put into that file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import orjson
import yaml

Json = dict[str, Any]

LARGEST_FILE = 64 * 1024 * 1024
DEEPEST_NESTING = 200
MOST_NODES = 2_000_000
LONGEST_MESSAGE = 600


class ContractError(Exception):
    """A document cannot serve as a contract; the message is one line: what, where, how to mend it."""

    def __init__(self, message: str) -> None:
        line = "".join(each if each.isprintable() else " " for each in " ".join(message.split()))
        super().__init__(line if len(line) <= LONGEST_MESSAGE else line[: LONGEST_MESSAGE - 1] + "…")


def read(path: Path) -> bytes:
    """The bytes of a file; ContractError when it is missing, unreadable or absurdly large."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise ContractError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except ValueError as error:
        raise ContractError(f"{str(path)!r}: is no path ({error})") from None
    if len(content) > LARGEST_FILE:
        raise ContractError(f"{path}: larger than 64 MiB; an OpenAPI document is expected here")
    return content


def parsed(content: bytes, source: str) -> Json:
    """The object in a JSON or YAML text; `source` names the text in the ContractError for anything else."""
    content = content.removeprefix(b"\xef\xbb\xbf")
    start = content.lstrip()[:1]
    if not start:
        raise ContractError(f"{source}: the file is empty; an OpenAPI document is expected here")
    if start == b"<":
        raise ContractError(
            f"{source}: HTML or XML, not OpenAPI; fetch the document itself, not the page that shows it"
        )
    try:
        raw = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raw = _parsed_yaml(content, source, error if start in b"{[" else None)
    else:
        _check_size(raw, source)
    if not isinstance(raw, dict):
        raise ContractError(f"{source}: not an OpenAPI document: an object is expected at its top")
    return raw


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Safe YAML that means by a plain word what JSON would mean, as OpenAPI asks for.

    A date stays text and so does `on`, which YAML 1.1 would read as a timestamp and as true.
    """


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ("~", "n", "N", "")),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"-?(?:0|[1-9][0-9]*)", "-0123456789"),
    ("float", r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?", "-0123456789"),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first))
# PyYAML's own constructor would read 1e3, which JSON allows, as a number only with a dot in it
_Loader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(loader.construct_scalar(node)))


def _parsed_yaml(content: bytes, source: str, json_error: ValueError | None) -> Any:
    try:
        _check_nesting(content, source)
        raw = yaml.load(content, Loader=_Loader)
        _check_size(raw, source)
        # YAML has keys that JSON has not (status codes as numbers), and one object in several places
        return json.loads(json.dumps(raw, allow_nan=False))
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        if "nesting depth" in str(error):  # libyaml since 0.2.6 has a limit of its own
            raise _too_deep(source) from None
        # what begins like JSON is JSON to whoever wrote it: the YAML parser's complaint would puzzle them
        reason = f"not valid JSON: {json_error}" if json_error else f"neither JSON nor YAML: {error}"
        raise ContractError(f"{source}: {reason}") from None


def _check_nesting(content: bytes, source: str) -> None:
    # libyaml builds nested nodes by recursion in C and takes the process down when they are too deep
    depth = 0
    for event in yaml.parse(content, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST_NESTING:
                raise _too_deep(source)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _check_size(raw: Any, source: str) -> None:
    """Refuse what a few lines of YAML aliases can blow up to: circles and exponential growth."""
    waiting = [(raw, 0)]
    seen = 0
    while waiting:
        node, depth = waiting.pop()
        if not isinstance(node, dict | list):
            continue
        if depth > DEEPEST_NESTING:
            raise _too_deep(source)
        seen += len(node)
        if seen > MOST_NODES:
            raise ContractError(f"{source}: grows beyond {MOST_NODES} values; remove its YAML aliases")
        waiting += [(each, depth + 1) for each in (node.values() if isinstance(node, dict) else node)]


def _too_deep(source: str) -> ContractError:
    return ContractError(
        f"{source}: nested deeper than {DEEPEST_NESTING} levels; name its inner schemas and refer to them"
    )
