"""Grafts: bodies with the mandatory attributes and a few optional places more, at whatever depth.

A full body may be refused for a dozen reasons of the business; one with little more than what is mandatory
seldom is.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import skip
from tmfrig.conformance.checks.places import MISSING, Place, at, named, with_value
from tmfrig.conformance.checks.round_trips import travelled
from tmfrig.specs import Attribute, Resource

_MOST_TRIES = 4


@dataclass(frozen=True)
class Graft:
    """A body that the target takes and shows as it was sent at some `places`, each with its attribute."""

    body: dict[str, Any]
    places: Mapping[Place, Attribute]

    def with_values(self, value: Callable[[Place, Attribute], Any]) -> dict[str, Any]:
        """The body with other values at the places."""
        body = self.body
        for place, attribute in self.places.items():
            body = with_value(body, place, value(place, attribute))
        return body


def graft(
    api: Api,
    resource: Resource,
    groups: Sequence[Callable[[Place, Attribute], bool]],
    is_same: Callable[[Any, Any], bool],
) -> Graft:
    """A body with a place of each group, as far as there is one that the target keeps as it is.

    What the business sets or works out itself is left alone that way. Skips where there is none.
    """
    attributes = resource.creation.attributes if resource.creation else {}
    whole = api.full_payload(resource)
    body, found = api.payload(resource), dict[Place, Attribute]()
    leaves = sorted(_leaves(attributes, whole), key=lambda leaf: len(leaf[0]))
    for is_wanted in groups:
        wanted = [leaf for leaf in leaves if is_wanted(*leaf)]
        for place, attribute in wanted[:_MOST_TRIES]:
            grafted = _grafted(body, whole, attributes, place)
            if _is_kept(api, resource, grafted, place, is_same):
                body = grafted
                found[place] = attribute
                break
    if not found:
        skip(f"{resource.name} has no such attribute that a client may set and the target keeps as it is")
    return Graft(body, found)


def _is_kept(
    api: Api,
    resource: Resource,
    body: dict[str, Any],
    place: Place,
    is_same: Callable[[Any, Any], bool],
) -> bool:
    trip = travelled(api, resource, body, f"POST {resource.path} with {named(place)}")
    values = [value for _, value in trip.values(place)]
    return bool(values) and all(is_same(value, at(body, place)) for value in values)


def _leaves(
    attributes: Mapping[str, Attribute], body: Any, before: Place = ()
) -> Iterator[tuple[Place, Attribute]]:
    """Every place of a body that holds no object or list; of a list, the first element stands for all."""
    for name, value in body.items():
        attribute = attributes.get(name)
        if attribute is None:
            continue
        place: Place = (*before, name)
        if isinstance(value, list):
            place, value = (*place, 0), next(iter(value), None)
        if isinstance(value, dict):
            yield from _leaves(attribute.of_type(value).attributes, value, place)
        elif value is not None:
            yield place, attribute


def _grafted(
    body: dict[str, Any], whole: dict[str, Any], attributes: Mapping[str, Attribute], place: Place
) -> dict[str, Any]:
    """A copy of the body with the place, and what is mandatory around it, as it is in the whole one."""
    grown = copy.deepcopy(body)
    inside: Any = grown
    for depth, part in enumerate(place):
        if isinstance(part, str):
            value = at(whole, place[: depth + 1])
            attribute = attributes[part]
            if inside.get(part, MISSING) in (MISSING, [], None):
                inside[part] = _pruned(value, attribute)
            first = value[0] if isinstance(value, list) and value else value
            attributes = attribute.of_type(first).attributes if isinstance(first, dict) else {}
        inside = inside[part]
    return grown


def _pruned(value: Any, attribute: Attribute) -> Any:
    """A value with its mandatory attributes only."""
    if isinstance(value, list):
        return [_pruned(each, attribute) for each in value[:1]]
    if not isinstance(value, dict):
        return value
    known = attribute.of_type(value).attributes
    return {
        name: _pruned(each, known[name])
        for name, each in value.items()
        if name in known and known[name].required
    }
