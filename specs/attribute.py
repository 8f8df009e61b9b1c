"""The attributes of a body, as payload builders, servers and readers look at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tmfrig.specs.shape import Place, Shapes


@dataclass(frozen=True)
class Attribute:
    """One attribute of a type. Its own attributes are worked out when asked for, as types nest in circles."""

    name: str
    type: str
    """ "string", "integer", "number", "boolean", "object", "array", or "any" where the contract leaves it."""
    format: str | None
    enum: tuple[Any, ...]
    required: bool
    min_items: int
    default: Any
    type_name: str | None
    """What the contract calls the type, None for one that is written out; that of a list is at `items`."""
    _shapes: Shapes = field(repr=False, compare=False)
    _place: Place = field(repr=False, compare=False)

    @property
    def limits(self) -> Mapping[str, Any]:
        """What else JSON Schema asks of the value: `maxLength`, `minimum`, `pattern` and the like."""
        return self._shapes.shape(self._place).limits

    @property
    def max_items(self) -> int | None:
        """The most elements that a list may have, None where there is no such bound."""
        return self._shapes.shape(self._place).max_items

    @cached_property
    def items(self) -> Attribute | None:
        """The element of a list, None for anything else."""
        if self.type != "array":
            return None
        return attribute(self._shapes, self.name, self._shapes.shape(self._place).items, required=False)

    @cached_property
    def attributes(self) -> Mapping[str, Attribute]:
        """The attributes of an object (or of a list's elements), empty for scalars."""
        if self.items is not None:
            return self.items.attributes
        return attributes(self._shapes, self._place)

    @cached_property
    def subtypes(self) -> Mapping[str, Attribute]:
        """What the value (a list's element) may be by its `@type`; empty where the contract has no choice.

        The type itself is among them unless it is nothing but a choice, as `ProductRefOrValue` is.
        """
        if self.items is not None:
            return self.items.subtypes
        found: dict[str, Attribute] = {}
        waiting = [self._place]
        while waiting:
            shape = self._shapes.shape(waiting.pop(0))
            for each in (*shape.alternatives, *shape.mapped) if shape.discriminator == "@type" else ():
                if each.name is not None and each.name not in found:
                    found[each.name] = attribute(self._shapes, self.name, each.place, required=self.required)
                    waiting.append(each.place)
        return found

    def of_type(self, value: Any) -> Attribute:
        """The attribute as the `@type` of a value (a list's element) makes it; itself for an unknown type."""
        element = self.items or self
        named = value.get("@type") if isinstance(value, dict) else None
        return element.subtypes.get(named, element) if isinstance(named, str) else element


def attribute(shapes: Shapes, name: str, place: Place, *, required: bool) -> Attribute:
    """The attribute of the given name whose value is at a place."""
    shape = shapes.shape(place)
    return Attribute(
        name=name,
        type=shape.type.split("|")[0],
        format=shape.format,
        enum=shape.enum,
        required=required,
        min_items=shape.min_items,
        default=shape.default,
        type_name=shapes.name_of(place),
        _shapes=shapes,
        _place=place,
    )


def attributes(shapes: Shapes, place: Place, *, partial: bool = False) -> Mapping[str, Attribute]:
    """The attributes of an object at a place; none of them required where it is `partial`."""
    shape = shapes.shape(place)
    return {
        name: attribute(shapes, name, each, required=not partial and name in shape.required)
        for name, each in shape.properties.items()
    }
