"""Contracts by name, from the house, and by path, from any OpenAPI document."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path

from tmfrig.specs.contract import Contract
from tmfrig.specs.document import Document
from tmfrig.specs.lifecycle import lifecycles
from tmfrig.specs.reading import ContractError

API_IDS = ("TMF620", "TMF622", "TMF633", "TMF637", "TMF638", "TMF641", "TMF645", "TMF679")
LINES = (4, 5)
RIG_LINE = 1
"""The version of the rig's own APIs."""


@cache
def lines_of(api: str) -> tuple[int, ...]:
    """The major versions in which an API is in the house, oldest first; ContractError for an unknown API."""
    if api not in API_IDS:
        raise ContractError(f"unknown API {api!r}; known are {', '.join(API_IDS)}")
    return tuple(line for line in LINES if _document(api, line).is_file())


def standard_apis(line: int) -> tuple[str, ...]:
    """The APIs that are in the house in a major version."""
    return tuple(api for api in API_IDS if line in lines_of(api))


@cache
def rig_contract(name: str) -> Contract:
    """The contract of an API of the rig's own: "COM", customer order management."""
    with as_file(_document(name, RIG_LINE)) as path:
        return Contract(name, Document.parse(path.read_bytes(), f"{name} v{RIG_LINE}"), "standard")


@cache
def standard_contract(api: str, line: int = 4) -> Contract:
    """Our contract of an API in a major version; ContractError for one that is not in the house."""
    if line not in lines_of(api):
        known = " and ".join(map(str, lines_of(api)))
        raise ContractError(
            f"{api} version {line} is not in the house (known: {known}); "
            "verify judges by a document of yours with --contract FILE"
        )
    with as_file(_document(api, line)) as path:
        return Contract(api, Document.parse(path.read_bytes(), f"{api} v{line}"), "standard")


def _document(api: str, line: int) -> Traversable:
    return files(__package__) / "openapi" / f"v{line}" / f"{api}.json"


def load_contract(path: Path, api: str | None = None) -> Contract:
    """The contract that a file declares.

    Without `api`, the API is recognised by its resources. ContractError (one line) when the file cannot be
    read, is no usable OpenAPI document, or declares none of the API's resources.
    """
    if api is not None and api not in API_IDS:
        raise ContractError(f"unknown API {api!r}; known are {', '.join(API_IDS)}")
    document = Document.load(path)
    contract = Contract(_recognised(document, api), document, str(path))
    contract.check()
    return contract


def _recognised(document: Document, api: str | None) -> str:
    offered = {each.path.strip("/").split("/")[0] for each in document.operations}
    found = {each: len(offered & _own_resources(each)) for each in API_IDS}
    if api is not None and not found[api]:
        raise ContractError(
            f"{document.source}: declares none of the resources of {api} "
            f"({', '.join(sorted(_own_resources(api)))}); is it the document of another API?"
        )
    best = api or max(API_IDS, key=lambda each: found[each])
    if not found[best]:
        raise ContractError(
            f"{document.source}: declares no resource of any known API ({', '.join(API_IDS)}); "
            "paths are expected below the API's base, such as /productOrder"
        )
    return best


@cache
def _own_resources(api: str) -> frozenset[str]:
    """Names that resources of an API have in some version, and those of no other API."""
    names = {
        each: {*(name for line in lines_of(each) for name in standard_contract(each, line).resources)}
        for each in API_IDS
    }
    for lifecycle in lifecycles():
        names[lifecycle.api].update(lifecycle.resources)
    others = {name for each in API_IDS if each != api for name in names[each]}
    return frozenset(names[api] - others)
