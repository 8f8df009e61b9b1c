"""Several changes: patches of different attributes, each of which can be told to have had its effect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tmfrig.conformance.api import Api
from tmfrig.conformance.checks.elements import contains, lists_of_choice, told_by
from tmfrig.conformance.checks.places import instant
from tmfrig.conformance.checks.samples import date_of_choice, in_days, patchable_texts
from tmfrig.specs import Resource

_ENOUGH = 2


@dataclass(frozen=True, slots=True)
class Change:
    """An attribute, another value for it, and how a representation shows that it has it."""

    name: str
    value: Any
    holds: Callable[[Mapping[str, Any]], bool]


def changes(api: Api, resource: Resource, number: int = 0, most: int = 4) -> list[Change]:
    """Harmless changes of attributes that a create may set as well, other ones for each `number`.

    Texts, as they need no explanation; a date and a list only where there are too few of them.
    """
    patchable = resource.patching.attributes if resource.patching else {}
    found = [_of_text(name, number) for name in patchable_texts(resource)]
    if len(found) < _ENOUGH:
        found += [_of_list(name, one, number) for name, one, _ in lists_of_choice(api, resource)[:1]]
    dated = date_of_choice(resource)
    if len(found) < _ENOUGH and dated is not None and dated in patchable:
        found.append(_of_date(dated, number))
    return found[:most]


def _of_text(name: str, number: int) -> Change:
    value = f"{name} as change {number} has it"
    return Change(name, value, lambda body: body.get(name) == value)


def _of_list(name: str, element: Mapping[str, Any], number: int) -> Change:
    changed = {**element, told_by(element) or "": f"change {number}"}

    def holds(body: Mapping[str, Any]) -> bool:
        shown = body.get(name)
        return isinstance(shown, list) and len(shown) == 1 and contains(shown[0], changed)

    return Change(name, [changed], holds)


def _of_date(name: str, number: int) -> Change:
    value = in_days(150 + number)
    return Change(name, value, lambda body: instant(body.get(name)) == instant(value))
