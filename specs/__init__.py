"""The contracts: the information model as data, the OpenAPI documents generated from it, lifecycles,
and the loader, validators and structural comparison for any OpenAPI document."""

from tmfrig.specs.contract import (
    API_IDS,
    LINES,
    Contract,
    EventType,
    Kind,
    Operation,
    Resource,
    Response,
    load_contract,
    standard_contract,
)
from tmfrig.specs.document import ContractError, Document
from tmfrig.specs.lifecycle import Edge, Lifecycle, canonical_state, lifecycles
from tmfrig.specs.schema import Attribute, Problem, Schema

__all__ = [
    "API_IDS",
    "LINES",
    "Attribute",
    "Contract",
    "ContractError",
    "Document",
    "Edge",
    "EventType",
    "Kind",
    "Lifecycle",
    "Operation",
    "Problem",
    "Resource",
    "Response",
    "Schema",
    "canonical_state",
    "lifecycles",
    "load_contract",
    "standard_contract",
]
