"""Scripts from a file: which orders go wrong and how, and what becomes of notifications.

    outcomes:
      - {when: {externalId: "shop-*"}, then: "fail@reserved"}
      - {when: {serviceSpecification: television}, then: "slow:5~hold"}
      - {when: {characteristic: {dataVolume: 100}}, then: "information:phoneNumber"}
    notifications: {duplicated: 0.2, delayed: 0.2, dropped: 0.05, seed: 1}

Conditions of one rule must all hold. What happens to items happens to those that a rule names by their
specification or characteristic; what happens to orders happens to the whole order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tmfrig.mockservers.activation.script import Rule, Script, ScriptError, parse
from tmfrig.mockservers.dataset_files import DatasetError, read_file
from tmfrig.mockservers.disturbance import Odds

EXAMPLE = '{outcomes: [{when: {externalId: "shop-*"}, then: fail}]}'
Part = Annotated[float, Field(ge=0, le=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _When(_Strict):
    externalId: str | None = None  # noqa: N815
    serviceSpecification: str | None = None  # noqa: N815
    characteristic: dict[str, Any] = {}


class _Outcome(_Strict):
    when: _When
    then: str


class _Notifications(_Strict):
    duplicated: Part = 0.0
    delayed: Part = 0.0
    dropped: Part = 0.0
    seed: int = 0


class _File(_Strict):
    outcomes: list[_Outcome] = []
    notifications: _Notifications = _Notifications()


_KNOWN: Mapping[str, type[BaseModel]] = {
    "": _File,
    "outcomes": _Outcome,
    "when": _When,
    "notifications": _Notifications,
}


def load_script(path: Path) -> Script:
    """The script that a YAML or JSON file states; ScriptError where it states none."""
    try:
        data = read_file(path, example=EXAMPLE)
        read = _File.model_validate(data)
    except DatasetError as error:
        raise ScriptError(str(error)) from None
    except ValidationError as error:
        raise ScriptError(f"{path}: {_explained(error)}") from None
    rules = tuple(_rule(each, f"{path}: outcomes[{index}]") for index, each in enumerate(read.outcomes))
    return Script(rules, Odds(**read.notifications.model_dump()))


def _rule(outcome: _Outcome, place: str) -> Rule:
    when = outcome.when
    if not when.model_fields_set:
        raise ScriptError(f'{place}.when is empty; for every order write {{externalId: "*"}}')
    try:
        course = parse(outcome.then)
    except ScriptError as error:
        raise ScriptError(f"{place}.then: {error}") from None
    return Rule(course, when.externalId, when.serviceSpecification, when.characteristic)


def _explained(error: ValidationError) -> str:
    """The first problem, where it is, and how to mend it."""
    problem = error.errors(include_url=False)[0]
    place = _written(problem["loc"])
    if problem["type"] == "extra_forbidden":
        parent = next((each for each in reversed(problem["loc"][:-1]) if isinstance(each, str)), "")
        known = list(_KNOWN[parent].model_fields)
        close = get_close_matches(str(problem["loc"][-1]), known, 1)
        return f"{place} is unknown; " + (
            f"did you mean {close[0]}?" if close else f"write {', '.join(known)}"
        )
    if problem["type"] == "missing":
        return f"{place} is missing; an outcome is such as {EXAMPLE}"
    return f"{place}: {problem['msg'][:1].lower()}{problem['msg'][1:]}; it is {problem['input']!r:.60}"


def _written(place: Sequence[int | str]) -> str:
    parts = (f"[{each}]" if isinstance(each, int) else f".{each}" for each in place)
    return "".join(parts).removeprefix(".")
