"""Contracts as rows for people to read; whoever prints them decides how they look."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tmfrig.specs.attribute import Attribute
from tmfrig.specs.contract import Contract
from tmfrig.specs.lifecycle import Lifecycle, right_spellings
from tmfrig.specs.loading import API_IDS, lines_of, standard_contract
from tmfrig.specs.reading import ContractError
from tmfrig.specs.resource import Kind, Resource

MOST_ALTERNATIVES = 4
"""How many alternatives of a choice a row names; a sentence among the rules names more of them."""


@dataclass(frozen=True, slots=True)
class ContractRow:
    """One contract of the house."""

    api: str
    version: str
    title: str
    base_path: str
    resources: tuple[str, ...]
    operations: int
    events: int


@dataclass(frozen=True, slots=True)
class AttributeRow:
    """One attribute of a resource, and who may set it."""

    path: str
    """`productOrderItem[].action`"""
    type: str
    """`date-time`, `boolean`, `RelatedParty`, `object`; of the elements where there is a list.

    A type that is nothing but a choice names its few alternatives: `ProductRefOrValue: Product | ProductRef`.
    """
    cardinality: str
    """`1`, `0..1`, `0..*`, `1..*`, as the create body asks for it."""
    mandatory: bool
    """On create, wherever what holds it is given."""
    server_set: bool
    patchable: bool
    enumeration: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class ResourceSheet:
    """Everything that a contract says of one resource."""

    api: str
    version: str
    name: str
    operations: tuple[str, ...]
    attributes: tuple[AttributeRow, ...]
    rules: tuple[str, ...]
    """Sentences for what the rows do not say."""
    lifecycle: Lifecycle | None
    """Its `edges` carry source, target, label, confidence and origin."""
    events: tuple[str, ...]


def contract_rows() -> list[ContractRow]:
    """Every contract of the house, by API and version."""
    contracts = (standard_contract(api, line) for api in API_IDS for line in lines_of(api))
    return [
        ContractRow(
            api=each.api,
            version=each.version,
            title=each.title,
            base_path=each.base_path,
            resources=tuple(each.resources),
            operations=len(each.operations),
            events=len(each.events),
        )
        for each in contracts
    ]


def resource_sheet(contract: Contract, name: str, depth: int = 2) -> ResourceSheet:
    """The sheet of a resource, its attributes down to `depth` levels.

    ContractError for a resource that the contract does not have; case does not matter.
    """
    known = {each.lower(): each for each in contract.resources}
    if name.lower() not in known:
        raise ContractError(
            f"{contract.api} {contract.version} has no resource {name!r}; it has {', '.join(known.values())}"
        )
    resource = contract.resources[known[name.lower()]]
    created = resource.creation.attributes if resource.creation else {}
    patched = resource.patching.attributes if resource.patching else {}
    rows = _rows(resource.attributes, created, patched, depth)
    return ResourceSheet(
        api=contract.api,
        version=contract.version,
        name=resource.name,
        operations=tuple(
            f"{each.method.upper()} {each.path}" for each in map(resource.operations.get, Kind) if each
        ),
        attributes=tuple(rows),
        rules=(*_rules(resource), *dict.fromkeys(_choices(resource.attributes, depth))),
        lifecycle=resource.lifecycle,
        events=tuple(each.name for each in resource.events.values()),
    )


def _rows(
    shown: Mapping[str, Attribute],
    created: Mapping[str, Attribute],
    patched: Mapping[str, Attribute],
    depth: int,
    before: str = "",
) -> Iterator[AttributeRow]:
    for name in _in_order((*shown, *created)):
        asked = created.get(name)
        attribute = asked or shown[name]
        path = f"{before}{name}{'[]' if attribute.items else ''}"
        element = attribute.items or attribute
        mandatory = asked is not None and asked.required
        yield AttributeRow(
            path=path,
            # what a body may be of is called as in answers: version 5 has a schema of its own for requests
            type=_type(shown.get(name, attribute)),
            cardinality=_cardinality(attribute, mandatory),
            mandatory=mandatory,
            server_set=asked is None,
            patchable=name in patched,
            enumeration=element.enum,
        )
        if depth > 1:
            inside = [_inside(each, name) for each in (shown, created, patched)]
            yield from _rows(inside[0], inside[1], inside[2], depth - 1, f"{path}.")


def _inside(attributes: Mapping[str, Attribute], name: str) -> Mapping[str, Attribute]:
    return attributes[name].attributes if name in attributes else {}


def _in_order(names: Iterable[str]) -> Iterable[str]:
    """Identity first and hints of type last, wherever a document has them."""
    return sorted(dict.fromkeys(names), key=lambda name: (name not in ("id", "href"), name.startswith("@")))


def _type(attribute: Attribute) -> str:
    element = attribute.items or attribute
    if _is_choice(element):
        few = len(element.subtypes) <= MOST_ALTERNATIVES
        return f"{element.type_name}: {' | '.join(element.subtypes)}" if few else str(element.type_name)
    return (element.type_name if element.attributes else element.format) or element.type


def _is_choice(element: Attribute) -> bool:
    return bool(element.subtypes and element.type_name and not element.attributes)


def _choices(shown: Mapping[str, Attribute], depth: int) -> Iterator[str]:
    """Sentences for the types whose sub-types the rows do not name."""
    for attribute in shown.values():
        element = attribute.items or attribute
        if len(element.subtypes) > (MOST_ALTERNATIVES if _is_choice(element) else 1):
            yield f"By its @type, {element.type_name} is one of {', '.join(element.subtypes)}."
        if depth > 1:
            yield from _choices(element.attributes, depth - 1)


def _cardinality(attribute: Attribute, mandatory: bool) -> str:
    least = max(attribute.min_items, int(mandatory))
    if attribute.items:
        return f"{least}..*"
    return "1" if mandatory else "0..1"


def _rules(resource: Resource) -> Iterator[str]:
    offered = resource.operations
    missing = [each.value for each in Kind if each not in offered]
    if missing:
        yield f"Not offered: {', '.join(missing)}."
    if resource.answers_at_once:
        yield "A create is answered 200 with the result, or 201 with a task that will have it."
    if Kind.PATCH in offered and resource.non_patchable:
        yield f"A patch leaves alone: {', '.join(sorted(resource.non_patchable))}."
    if Kind.LIST in offered and offered[Kind.LIST].query:
        yield f"The list takes {', '.join(offered[Kind.LIST].query)}, and attributes as filters."
    state = resource.attributes.get(resource.state_attribute or "")
    for odd, right in right_spellings(state.enum if state else ()).items():
        yield f"{right!r} counts as {odd!r}: the standard spells it both ways."
    lifecycle = resource.lifecycle
    if lifecycle is not None:
        yield f"The {lifecycle.attribute} begins as {' or '.join(sorted(lifecycle.initial))}."
        if not lifecycle.enforced:
            yield "Its published lifecycle informs; no server has to refuse what it does not have."
