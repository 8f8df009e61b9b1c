"""What a body does not keep of its contract, in words for the developer who has to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jsonschema_rs

_FORMATS = {"date-time": "RFC 3339 date-time", "date": "RFC 3339 date"}


@dataclass(frozen=True, slots=True)
class Problem:
    """One place where a body does not keep the contract."""

    path: str
    """Dotted path with list indices, `productOrderItem[0].action`; empty for the body itself."""
    sentence: str
    keyword: str
    """The JSON Schema keyword that is not kept: `required`, `type`, `enum`, `format`, `minItems` …"""

    def __str__(self) -> str:
        return f"{self.path or 'the body'} {self.sentence}"


def problem_of(error: jsonschema_rs.ValidationError) -> Problem:
    """What a validator found, as a problem."""
    keyword, path = error.kind.name, list(error.instance_path)
    match error.kind:
        case jsonschema_rs.ValidationErrorKind.Required(name):
            return Problem(dotted([*path, name]), "is mandatory and missing", keyword)
        case jsonschema_rs.ValidationErrorKind.Type(types):
            sentence = f"should be {_either(types)}, not {_shown(error.instance)}"
        case jsonschema_rs.ValidationErrorKind.Enum(options):
            sentence = f"is {_shown(error.instance)}, which is none of {', '.join(map(_shown, options))}"
        case jsonschema_rs.ValidationErrorKind.Format(name):
            sentence = f"is {_shown(error.instance)}, which is no {_FORMATS.get(name, name)}"
        case jsonschema_rs.ValidationErrorKind.AnyOf():
            sentence = f"is {_shown(error.instance)} that keeps none of the types which may stand here"
        case jsonschema_rs.ValidationErrorKind.MinItems(least):
            sentence = f"should have at least {least} element{'s' if least > 1 else ''}"
        case _:
            sentence = f"does not keep {keyword}: {error.message[:200]}"
    return Problem(dotted(path), sentence, keyword)


def dotted(path: list[str | int]) -> str:
    """A path as people read it: `productOrderItem[0].action`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _either(types: list[str]) -> str:
    return " or ".join(each if each == "null" else f"{_article(each)} {each}" for each in types)


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def _shown(value: Any) -> str:
    match value:
        case dict():
            return "an object"
        case list():
            return "an array"
        case str():
            return repr(value if len(value) <= 60 else value[:57] + "…")
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case _:
            return str(value)[:60]
