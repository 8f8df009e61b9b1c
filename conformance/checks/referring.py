"""Referring: the references inside bodies, to things of the same API and of others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tmfrig.conformance.api import Api, identity
from tmfrig.conformance.checks.places import Place, is_empty, named
from tmfrig.conformance.typed import plain
from tmfrig.specs import Attribute, Resource

REFERRED = "@referredType"
_REFERENCE = ("Ref", "RefOrValue")
_DEPTH = 6


@dataclass(frozen=True)
class Reference:
    """An object that names something else; `attribute` is what the contract says of it there."""

    place: Place
    attribute: Attribute
    value: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The place as people read it."""
        return named(self.place)

    @property
    def id(self) -> str | None:
        """The id of what is referred to."""
        return identity(dict(self.value))

    @property
    def href(self) -> str | None:
        """The address of what is referred to, where it is told."""
        href = self.value.get("href")
        return href if isinstance(href, str) and href.strip() else None

    @property
    def about(self) -> str:
        """What it refers to, as resources are named: "productOffering" for a ProductOfferingRef."""
        type_name = plain(self.attribute.type_name or "")
        for ending in ("RefOrValue", "Ref"):
            type_name = type_name.removesuffix(ending)
        return type_name[:1].lower() + type_name[1:]


def is_reference(attribute: Attribute) -> bool:
    """Whether the contract has an object here that names something else, or may be that."""
    attributes, type_name = attribute.attributes, plain(attribute.type_name or "")
    return "id" in attributes and (REFERRED in attributes or type_name.endswith(_REFERENCE))


def references(attributes: Mapping[str, Attribute], body: Any) -> Iterator[Reference]:
    """Every reference inside a body, the outer ones first."""
    return (each for each in _objects(attributes, body) if is_reference(each.attribute))


def _objects(attributes: Mapping[str, Attribute], body: Any, before: Place = ()) -> Iterator[Reference]:
    """Every object inside a body that the contract knows, the outer ones first, whether or not it names
    something else."""
    if not isinstance(body, dict) or len(before) > _DEPTH:
        return
    for name, value in body.items():
        attribute = attributes.get(name)
        if attribute is None:
            continue
        for index, each in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(each, dict):
                continue
            place = (*before, name) if index is None else (*before, name, index)
            described = (attribute.items or attribute).of_type(each)
            yield Reference(place, described, each)
            yield from _objects(described.attributes, each, place)


def flattened(attributes: Mapping[str, Attribute], body: Any) -> Iterator[tuple[Place, str]]:
    """Every object that names by its own id what the contract has it name in an attribute, and that
    attribute: a party beside its role, where `partyOrPartyRole` should hold it."""
    for each in _objects(attributes, body):
        inner = _holder(each.attribute)
        if inner is not None and is_empty(each.value.get(inner)) and not is_empty(each.value.get("id")):
            yield each.place, inner


def _holder(attribute: Attribute) -> str | None:
    """The one attribute of an object without id of its own in which it names something else."""
    if not attribute.attributes or "id" in attribute.attributes or "href" in attribute.attributes:
        return None
    held = [
        name
        for name, each in attribute.attributes.items()
        if each.type != "array" and (is_reference(each) or any(map(is_reference, each.subtypes.values())))
    ]
    return held[0] if len(held) == 1 else None


def lacking(reference: Reference) -> list[str]:
    """What the contract requires of a reference (id, @referredType) and it does not say."""
    required = [
        name
        for name in ("id", REFERRED)
        if name in reference.attribute.attributes and reference.attribute.attributes[name].required
    ]
    return [name for name in required if is_empty(reference.value.get(name))]


def destination(api: Api, reference: Reference) -> tuple[Api, Resource] | None:
    """Where what is referred to can be retrieved by its id: in this API, or another one of the target."""
    for each in (api, *api.others.values()):
        resource = each.contract.resources.get(reference.about)
        if resource is not None:
            return each, resource
    return None
