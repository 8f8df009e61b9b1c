"""A resource of one version as the other version says it, as far as that can say it.

The walk goes along the attributes that both contracts declare. What the target's contract does not have is
left out, what it asks for and the source does not know (a type, say) is added where it follows from the rest;
in the end the target's contract judges, and the parts that it does not accept go too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from tmfrig.mockservers.polymorphism import type_for, with_types
from tmfrig.mockservers.store import Body
from tmfrig.mockservers.translation.table import Table, table
from tmfrig.specs import Attribute, Contract, Resource, Schema

_Place: TypeAlias = tuple[str | int, ...]
_HINTS = ("@type", "@baseType", "@schemaLocation")
_MOST_ROUNDS = 100


class Translation:
    """From one resource type of a contract to its counterpart in another; build it with `between`."""

    def __init__(self, source: Contract, target: Contract, name: str, table: Table) -> None:
        self.source = source.resources[name]
        self.target = target.resources[table.resources.get(name, name)]
        self._table = table
        self._paths = (source.base_path + self.source.path, target.base_path + self.target.path)

    @classmethod
    def between(cls, source: Contract, target: Contract, name: str) -> Translation | None:
        """The translation of a resource; None where the target has no counterpart."""
        found = table(source.api, source.line, target.line) if source.api == target.api else None
        if found is None or found.resources.get(name, name) not in target.resources:
            return None
        if name not in found.resources and name in found.resources.values():
            return None
        return cls(source, target, name, found)

    def translated(self, body: Body) -> Body | None:
        """The counterpart of a resource; None where the target's contract cannot say enough of it."""
        counterpart = self.counterpart(body)
        return counterpart if without_refused(counterpart, self.target.representation) else None

    def counterpart(self, body: Body) -> Body:
        """The counterpart of a resource or a part of one, whatever the target's contract thinks of it."""
        attributes = self.target.attributes
        older = self.source if self._table.forward else self.target
        outcome = self._object(body, _type_name(older), self.source.attributes, attributes)
        outcome |= self._hints(body)
        if isinstance(body.get("href"), str):
            outcome["href"] = body["href"].replace(*self._paths)
        outcome = with_types(outcome, attributes)
        return {name: outcome[name] for name in attributes if name in outcome} | outcome

    def path(self, dotted: str) -> str:
        """Where the counterpart has what a dotted path of attributes leads to; it ends at a single value."""
        type_name = _type_name(self.source if self._table.forward else self.target)
        source, target = self.source.attributes, self.target.attributes
        found, names = [], dotted.split(".")
        while names:
            called = self._table.names.get(type_name, {}).get(names[0], names[0])
            if names[0] not in source or called not in target:
                break
            one, other = source[names.pop(0)], target[called]
            source, target = _members(one), _members(other)
            found.append(called)
            type_name = _element(one if self._table.forward else other).type_name or ""
            inner = self._table.inner(type_name)
            if names and inner is not None:
                within = self._table.goes_inwards(type_name)
                if within and names[0] not in target:
                    found.append(inner)
                elif not within and names[0] == inner:
                    names.pop(0)
            if not names and not source and "id" in target:
                found.append("id")
        return ".".join([*found, *names])

    def _hints(self, body: Body) -> Body:
        """The type of the resource itself: an extension keeps its name, the plain type has the target's."""
        if "@type" not in self.target.attributes:
            return {}
        named = body.get("@type", _type_name(self.source))
        plain = named == _type_name(self.source)
        others = {key: body[key] for key in _HINTS[1:] if key in body and not plain}
        return {"@type": _type_name(self.target) if plain else named, **others}

    def _object(
        self, value: Body, type_name: str, source: Mapping[str, Attribute], target: Mapping[str, Attribute]
    ) -> Body:
        names = self._table.names.get(type_name, {})
        translated: Body = {}
        for name, each in value.items():
            called = names.get(name, name)
            if name in _HINTS:
                continue
            if called in target and name in source:
                found = self._value(each, source[name], target[called])
                if found is not None:
                    translated[called] = found
            elif name not in source and name not in target:
                translated[name] = each  # an extension is nobody's, and stays what it is
        return translated

    def _value(self, value: Any, source: Attribute, target: Attribute) -> Any:
        if isinstance(value, list):
            found = [self._value(each, source.items or source, target.items or target) for each in value]
            found = [each for each in found if each is not None]
            return found if target.type in ("array", "any") else next(iter(found), None)
        if target.type == "array" and target.items is not None:
            single = self._value(value, source, target.items)
            return None if single is None else [single]
        if isinstance(value, dict):
            return self._nested(value, source, target)
        if target.type == "object" and target.attributes.get("id") is not None and isinstance(value, str):
            return {"id": value}
        if isinstance(value, str) and target.enum and value not in target.enum:
            return self._table.states.get(value, _spelled(value, target.enum))
        return value

    def _nested(self, value: Body, source: Attribute, target: Attribute) -> Any:
        if target.type == "string":
            return value.get("id")
        older = (source if self._table.forward else target).type_name or ""
        inner = self._table.inner(older)
        if inner is not None:
            return self._moved(value, source, target, inner, inwards=self._table.goes_inwards(older))
        # a choice has no attributes of its own: those of the type that the value is of
        plain = value.get("@type") == source.type_name
        looks = {key: each for key, each in value.items() if key != "@type"} if plain else value
        translated = self._object(
            value, older, _like(value, source).attributes, _like(looks, target).attributes
        )
        translated |= _extension(value, source, target) | _unforeseen(value, source, target)
        return translated if translated or not value else None

    def _moved(
        self, value: Body, source: Attribute, target: Attribute, inner: str, *, inwards: bool
    ) -> Body | None:
        """Attributes go into an object of their own, or come out of it; role and relationship stay."""
        if inwards:
            within = target.attributes[inner]
            outside = {key: value[key] for key in value if key in target.attributes and key not in _HINTS}
            inside = {key: each for key, each in value.items() if key not in outside and key not in _HINTS}
            return outside | {inner: inside} if inside and _knows(within, inside) else None
        within_value = value.get(inner)
        if not isinstance(within_value, dict):
            return None
        outside = {key: each for key, each in value.items() if key != inner and key not in _HINTS}
        flat = {key: each for key, each in within_value.items() if key not in _HINTS}
        if "@referredType" in target.attributes and "@referredType" not in flat:
            flat["@referredType"] = str(within_value.get("@type", "")).removesuffix("Ref") or "Entity"
        return outside | flat


def without_refused(body: Body, schema: Schema) -> bool:
    """Take out of a body the parts that a schema refuses; whether it accepts what is left."""
    for _ in range(_MOST_ROUNDS):
        if schema.accepts(body):
            return True
        refused = {_refused_part(body, _parts(each.path)) for each in schema.problems(body)} - {()}
        if not refused:
            return False
        # the last first: what goes moves the places of its neighbours
        for place in sorted(_outermost(refused), reverse=True):
            _remove(body, place)
    return False


def _type_name(resource: Resource) -> str:
    return resource.name[0].upper() + resource.name[1:]


def _members(attribute: Attribute) -> Mapping[str, Attribute]:
    """What an object may have, whichever of several types it is of."""
    found: dict[str, Attribute] = {}
    for each in (*attribute.subtypes.values(), attribute):
        found |= each.attributes
    return found


def _element(attribute: Attribute) -> Attribute:
    return attribute.items or attribute


def _spelled(value: str, allowed: tuple[Any, ...]) -> str:
    """A value as the target's contract spells it: version 4 has a product that is "aborted "."""
    return next((each for each in allowed if str(each).strip() == value.strip()), value)


def _like(value: Body, attribute: Attribute) -> Attribute:
    """The type that a value of a choice is of, by its `@type`, its identity or its attributes."""
    if not attribute.subtypes:
        return attribute
    named = value.get("@type")
    if not isinstance(named, str) or named not in attribute.subtypes:
        named = type_for(value, attribute)
    return attribute.subtypes.get(named or "", attribute)


def _extension(value: Body, source: Attribute, target: Attribute) -> Body:
    """The type of a value where that is an extension, or a sub-type that the target's contract names too."""
    named = value.get("@type")
    if (
        not isinstance(named, str)
        or named == source.type_name
        or "@type" not in _like(value, target).attributes
    ):
        return {}
    if named in target.subtypes or named not in source.subtypes:
        return {key: value[key] for key in _HINTS if key in value}
    return {}


def _unforeseen(value: Body, source: Attribute, target: Attribute) -> Body:
    """What a value of a type that its contract does not foresee says in words that the target has."""
    # the published TMF620 of version 5, say, has no type for the values of a boolean characteristic
    if not source.subtypes or value.get("@type", source.type_name) in (source.type_name, *source.subtypes):
        return {}
    return {key: value[key] for key in value if key in target.attributes and key not in source.attributes}


def _knows(attribute: Attribute, value: Body) -> bool:
    alternatives = (attribute, *attribute.subtypes.values())
    return "id" in value or any(value.keys() & each.attributes.keys() for each in alternatives)


def _parts(path: str) -> list[str | int]:
    """`relatedParty[0].role` as `["relatedParty", 0, "role"]`."""
    found = re.findall(r"\[(\d+)\]|([^.\[]+)", path)
    return [int(index) if index else name for index, name in found]


def _refused_part(body: Body, place: list[str | int]) -> _Place:
    """The place of what has to go: the value itself, or, where it is missing, what holds it."""
    found: list[str | int] = []
    here: Any = body
    for part in place:
        is_there = part in here if isinstance(here, dict) else isinstance(part, int) and part < len(here)
        if not is_there:
            break
        found.append(part)
        here = here[part]
    return tuple(found)


def _outermost(places: set[_Place]) -> set[_Place]:
    return {place for place in places if not any(place[:depth] in places for depth in range(1, len(place)))}


def _remove(body: Body, place: _Place) -> None:
    holder: Any = body
    for part in place[:-1]:
        holder = holder[part]
    del holder[place[-1]]
