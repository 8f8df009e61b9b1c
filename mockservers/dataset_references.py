"""References between resources: which attribute types refer to what, and where a data set uses them.

A reference inside the rig may be written without `href`: whoever knows the base URLs walks `references` and
sets `reference.value[reference.href_key]` to the URL of the resource.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tmfrig.specs import Attribute, standard_contract

Json = dict[str, Any]
Resources = Mapping[str, Mapping[str, list[Json]]]
Ids = Mapping[tuple[str, str], Container[str]]
"""Ids by API and resource name."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a type refers to, and by which of its attributes."""

    api: str
    resource: str
    id_key: str = "id"
    href_key: str | None = "href"
    named: bool = True
    """Whether a `name` beside the id is the target's own, and not that of one of its characteristics."""

    def __str__(self) -> str:
        return f"{self.api}.{self.resource}"


@dataclass(frozen=True, slots=True)
class Reference:
    """One use of a reference: where it stands, what it says, what it should lead to."""

    path: str
    """`TMF637.product[p-1].productRelationship[0].product`"""
    value: Json
    """The object that holds the reference, as it stands in the data set (to be completed in place)."""
    target: Target
    attributes: Mapping[str, Attribute]
    """What the contract declares for that object."""

    @property
    def id(self) -> str:
        """The id that is referred to."""
        return str(self.value[self.target.id_key])

    @property
    def href_key(self) -> str | None:
        """The attribute for the URL, None where the contract has none."""
        return self.target.href_key


_OFFERING = Target("TMF620", "productOffering")
_PRICE = Target("TMF620", "productOfferingPrice")
_PRODUCT_SPECIFICATION = Target("TMF620", "productSpecification")
_SERVICE_SPECIFICATION = Target("TMF633", "serviceSpecification")
_PRODUCT = Target("TMF637", "product")
_SERVICE = Target("TMF638", "service")

TARGETS: Mapping[str, Target] = {
    "BundledProductOffering": _OFFERING,
    "BundledProductOfferingPriceRelationship": _PRICE,
    "BundledProductSpecification": _PRODUCT_SPECIFICATION,
    "CategoryRef": Target("TMF620", "category"),
    "CharacteristicSpecificationRelationship": Target(
        "TMF633", "serviceSpecification", "parentSpecificationId", "parentSpecificationHref", named=False
    ),
    "ProductOfferingPriceRef": _PRICE,
    "ProductOfferingPriceRefOrValue": _PRICE,
    "ProductOfferingPriceRelationship": _PRICE,
    "ProductOfferingQualificationRef": Target("TMF679", "productOfferingQualification"),
    "ProductOfferingRef": _OFFERING,
    "ProductOfferingRelationship": _OFFERING,
    "ProductOrderRef": Target("TMF622", "productOrder"),
    "ProductRef": _PRODUCT,
    "ProductRefOrValue": _PRODUCT,
    "ProductSpecificationCharacteristicRelationship": Target("TMF620", "productSpecification", named=False),
    "ProductSpecificationRef": _PRODUCT_SPECIFICATION,
    "ProductSpecificationRelationship": _PRODUCT_SPECIFICATION,
    "RelatedProductOrderItem": Target(
        "TMF622", "productOrder", "productOrderId", "productOrderHref", named=False
    ),
    "RelatedServiceOrderItem": Target(
        "TMF641", "serviceOrder", "serviceOrderId", "serviceOrderHref", named=False
    ),
    "ServiceCandidateRef": Target("TMF633", "serviceCandidate"),
    "ServiceCategoryRef": Target("TMF633", "serviceCategory"),
    "ServiceOrderRef": Target("TMF641", "serviceOrder"),
    "ServiceRef": _SERVICE,
    "ServiceRefOrValue": _SERVICE,
    "ServiceSpecRelationship": _SERVICE_SPECIFICATION,
    "ServiceSpecificationRef": _SERVICE_SPECIFICATION,
}
"""Types whose objects refer to a resource of another (or the same) API of the rig."""

# The parent of a category is named by a bare id, without a type that would say so.
_PARENTS: Mapping[str, Target] = {
    "category": Target("TMF620", "category", "parentId", None, named=False),
    "serviceCategory": Target("TMF633", "serviceCategory", "parentId", None, named=False),
}
# What a "reference or value" holds at most while it is a reference.
_OF_A_REFERENCE = frozenset(
    {"id", "href", "name", "role", "version", "@type", "@baseType", "@schemaLocation", "@referredType"}
)


def references(resources: Resources) -> Iterator[Reference]:
    """All references of a data set to resources of the eight APIs, in the order of the data."""
    for api, collections in resources.items():
        contract = standard_contract(api)
        for name, items in collections.items():
            attributes = contract.resources[name].attributes
            for item in items:
                path = f"{api}.{name}[{item['id']}]"
                if (parent := _PARENTS.get(name)) and parent.id_key in item:
                    yield Reference(f"{path}.{parent.id_key}", item, parent, attributes)
                yield from _within(path, item, attributes)


def dangling(resources: Resources, present: Ids | None = None) -> Iterator[Reference]:
    """References to something that the data set should have and does not, and that is not `present` either.

    A kind of resource that the data set has none of is taken to live elsewhere.
    """
    there = present or {}
    known = {
        (api, name): {str(item["id"]) for item in items}
        for api, collections in resources.items()
        for name, items in collections.items()
    }
    for reference in references(resources):
        ids = known.get((reference.target.api, reference.target.resource))
        kind = (reference.target.api, reference.target.resource)
        if ids is not None and reference.id not in ids and reference.id not in there.get(kind, ()):
            yield reference


def complete(resources: Resources) -> None:
    """Give references into the data set the name, version and type of their target, where they lack them."""
    known = {
        (api, name, str(item["id"])): item
        for api, collections in resources.items()
        for name, items in collections.items()
        for item in items
    }
    for reference in references(resources):
        target = reference.target
        item = known.get((target.api, target.resource, reference.id))
        if item is None or not target.named:
            continue
        lacking: Json = {key: item[key] for key in ("name", "version") if key in item}
        lacking["@referredType"] = target.resource[0].upper() + target.resource[1:]
        for key, value in lacking.items():
            if key in reference.attributes:
                reference.value.setdefault(key, value)


def type_of(attribute: Attribute) -> str | None:
    """The name of an attribute's type, of its elements where it is a list."""
    return (attribute.items or attribute).type_name


def _within(path: str, value: Json, attributes: Mapping[str, Attribute]) -> Iterator[Reference]:
    for key, held in value.items():
        attribute = attributes.get(key)
        if attribute is None or not isinstance(held, dict | list):
            continue
        type_name = type_of(attribute) or ""
        target = TARGETS.get(type_name)
        for place, each in _objects(f"{path}.{key}", held):
            if target is not None and _refers(each, target, type_name):
                yield Reference(place, each, target, attribute.attributes)
            yield from _within(place, each, attribute.attributes)


def _objects(path: str, held: Json | list[Any]) -> Iterator[tuple[str, Json]]:
    if isinstance(held, dict):
        yield path, held
        return
    for index, each in enumerate(held):
        if isinstance(each, dict):
            yield f"{path}[{index}]", each


def _refers(value: Json, target: Target, type_name: str) -> bool:
    if value.get(target.id_key) is None:
        return False
    return not type_name.endswith("RefOrValue") or value.keys() <= _OF_A_REFERENCE
