"""The contracts: the information model as data, the OpenAPI documents generated from it, lifecycles,
and the loader, validators and structural comparison for any OpenAPI document."""

from tmfrig.specs.attribute import Attribute
from tmfrig.specs.contract import Contract
from tmfrig.specs.document import Document
from tmfrig.specs.lifecycle import Edge, Lifecycle, canonical_state, lifecycles
from tmfrig.specs.loading import (
    API_IDS,
    LINES,
    lines_of,
    load_contract,
    rig_contract,
    standard_apis,
    standard_contract,
)
from tmfrig.specs.problem import Problem
from tmfrig.specs.reading import ContractError
from tmfrig.specs.resource import EventType, Kind, Operation, Resource, Response
from tmfrig.specs.roles import (
    COM,
    NOBODY,
    ROLES,
    External,
    RoleError,
    base_url,
    external_role,
    external_roles,
)
from tmfrig.specs.schema import Schema

__all__ = [
    "API_IDS",
    "COM",
    "LINES",
    "NOBODY",
    "ROLES",
    "Attribute",
    "Contract",
    "ContractError",
    "Document",
    "Edge",
    "EventType",
    "External",
    "Kind",
    "Lifecycle",
    "Operation",
    "Problem",
    "Resource",
    "Response",
    "RoleError",
    "Schema",
    "base_url",
    "canonical_state",
    "external_role",
    "external_roles",
    "lifecycles",
    "lines_of",
    "load_contract",
    "rig_contract",
    "standard_apis",
    "standard_contract",
]
