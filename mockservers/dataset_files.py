"""Reading the files of a data set: YAML or JSON as plain JSON data, with one-line errors."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import orjson
import yaml

Json = dict[str, Any]
SUFFIXES = (".yaml", ".yml", ".json")
EXAMPLE = "{TMF620: {productOffering: […]}}"


class DatasetError(Exception):
    """A data set cannot be used; one line that says what, where and how to mend it."""


def data_files(path: Path) -> list[Path]:
    """The files that a path stands for: itself, or all YAML and JSON files of a folder by name."""
    if not path.is_dir():
        return [path]
    found = sorted(each for each in path.iterdir() if each.suffix.lower() in SUFFIXES)
    if not found:
        raise DatasetError(f"{path}: holds no {', '.join(SUFFIXES)} file; name a file or another folder")
    return found


def read_file(path: Path, example: str = EXAMPLE) -> Json:
    """The content of a file, an object at its top (an empty file is an empty object).

    DatasetError when it cannot be read, is neither YAML nor JSON, or says one thing twice. `example` is what
    somebody is shown whose file is something else.
    """
    try:
        text = path.read_text("utf-8-sig")
        data = _parse(text, path.suffix.lower())
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror}; name a YAML or JSON file that can be read") from None
    except UnicodeDecodeError:
        raise DatasetError(f"{path}: is not UTF-8 text; save it as UTF-8") from None
    except yaml.YAMLError as error:
        raise DatasetError(f"{path}{_where(error)}: {_why(error)}; mend the YAML there") from None
    except json.JSONDecodeError as error:
        raise DatasetError(f"{path} line {error.lineno}: {error.msg}; mend the JSON there") from None
    except _TwiceError as error:
        raise DatasetError(f"{path}: {error}; keep one of the two") from None
    except (RecursionError, TypeError) as error:
        raise DatasetError(f"{path}: holds what JSON cannot say ({error}); use plain JSON values") from None
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise DatasetError(f"{path}: should be an object such as {example}")
    return data


class _Loader(yaml.SafeLoader):
    """YAML as JSON data: dates stay text, and no key is given twice."""


# JSON's own notations instead of YAML 1.1's, where 08001 is octal, 12:30 a number and no a boolean
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.rsplit(":", 1)[1] in ("null", "merge")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _tag, _pattern, _first in (
    ("bool", "true|false", "tf"),
    ("int", "-?(?:0|[1-9][0-9]*)", "-0123456789"),
    ("float", r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", "-0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), list(_first))


def _mapping(loader: _Loader, node: yaml.MappingNode) -> Json:
    said: set[str] = set()
    for key_node, _ in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise yaml.MarkedYAMLError(problem="a key should be text", problem_mark=key_node.start_mark)
        if key_node.value in said:
            problem = f"{key_node.value!r} is given twice"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=key_node.start_mark)
        said.add(key_node.value)
    loader.flatten_mapping(node)
    return {key.value: loader.construct_object(value, deep=True) for key, value in node.value}


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


class _TwiceError(Exception):
    """A JSON object has two members of one name."""


def _parse(text: str, suffix: str) -> Any:
    if suffix == ".json":
        data = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse) if text.strip() else None
    else:
        data = yaml.load(text, _Loader)
    # there and back through JSON: nothing but JSON values stays, and aliases become copies of their own
    return orjson.loads(orjson.dumps(data))


def _once(pairs: list[tuple[str, Any]]) -> Json:
    found: Json = {}
    for key, value in pairs:
        if key in found:
            raise _TwiceError(f"{key!r} is given twice")
        found[key] = value
    return found


def _refuse(constant: str) -> None:
    raise TypeError(constant)


def _where(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f" line {mark.line + 1}" if mark else ""


def _why(error: yaml.YAMLError) -> str:
    return getattr(error, "problem", None) or " ".join(str(error).split())
