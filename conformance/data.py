"""What a vendor knows about their own system: payloads that it accepts, ids that exist, characteristics.

One file serves the checks (`resources`, `apis`) and the scenarios (the sections of `purposes.py`). The
`config.json` of TM Forum's conformance kits is read as it is.
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError

from tmfrig.conformance.credentials import sendable_headers
from tmfrig.conformance.documents import Strict, first_mistake, read_document
from tmfrig.conformance.failure import CommandError
from tmfrig.conformance.purposes import Entry, Purposes
from tmfrig.specs import API_IDS, Contract, lines_of, standard_contract

# What every request says by itself, and some checks differently on purpose.
_OF_REQUESTS = frozenset({"accept", "content-type", "content-length", "host", "connection"})
_OF_KITS = frozenset({"url", "headers", "payloads"})
"""What is in the configuration of a kit and in no document of ours."""


class DataError(CommandError):
    """The data document is wrong; the message is one line that says where and how to mend it."""


def _id(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Id = Annotated[str, Field(min_length=1), BeforeValidator(_id)]


class ResourceData(Strict):
    """What the vendor says about one resource."""

    create: dict[str, Any] | None = Field(
        default=None, description="A body that POST accepts, as often as it is sent"
    )
    patch: dict[str, Any] | None = Field(default=None, description="A body that PATCH accepts")
    ids: list[Id] = Field(default_factory=list, description="Ids that exist and may be read")
    characteristics: dict[str, Any] = Field(
        default_factory=dict, description="Characteristics, by name, that bodies may have"
    )


class DataFile(Purposes):
    """A data document. What it does not name is made from the contract, or looked for at the target."""

    resources: dict[str, ResourceData] = Field(
        default_factory=dict, description="By resource, such as productOrder"
    )
    apis: dict[str, dict[str, ResourceData]] = Field(
        default_factory=dict,
        description="The same for one API (TMF622) or one version of it (TMF622.v5), which counts first",
    )


@dataclass(frozen=True)
class ApiData:
    """What is known about one API."""

    resources: Mapping[str, ResourceData] = field(default_factory=dict)
    references: Mapping[str, Entry] = field(default_factory=dict)
    """What may be referred to, by what it is: productOffering, serviceSpecification, party …"""

    def create(self, resource: str) -> dict[str, Any] | None:
        """A new body that the vendor says POST accepts, or None."""
        said = self.resources.get(resource)
        return copy.deepcopy(said.create) if said else None

    def patch(self, resource: str) -> dict[str, Any]:
        """What the vendor says PATCH accepts; empty where they say nothing."""
        said = self.resources.get(resource)
        return copy.deepcopy(said.patch) if said and said.patch else {}

    def ids(self, resource: str) -> list[str]:
        """Ids that exist."""
        said = self.resources.get(resource)
        return list(said.ids) if said else []

    def characteristics(self, resource: str) -> Mapping[str, Any]:
        """Characteristics that bodies of a resource may have, by name."""
        said = self.resources.get(resource)
        return said.characteristics if said else {}


@dataclass(frozen=True)
class VendorData:
    """A data document that was read. `url` and `headers` come from the configuration of a kit."""

    file: DataFile
    origin: Path
    url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    section: str = "resources"
    """What the document calls the part that is about resources."""

    def for_api(self, contract: Contract) -> ApiData:
        """What is known about an API: what is said of its version, of the API, and of any, in this order."""
        said = (self.file.apis.get(contract.key), self.file.apis.get(contract.api), self.file.resources)
        found: dict[str, ResourceData] = {}
        for each in said:
            found = {**(each or {}), **found}
        known = {name: each for name, each in found.items() if name in contract.resources}
        return ApiData(known, self._references())

    def check(self, contracts: Iterable[Contract]) -> None:
        """DataError when a resource or an API is named that is none, of these contracts or of the
        standard."""
        judged = list(contracts)
        for place, names, apis in self._places():
            known = {name for each in judged if each.api in apis for name in each.resources}
            for name in names:
                if name not in known and name not in (every := _standard_resources(apis)):
                    near = sorted(known or every)
                    raise DataError(
                        f"{self.origin}: {place}.{name}: there is no such resource; there are "
                        f"{', '.join(near)}"
                    )

    def _places(self) -> Iterable[tuple[str, Iterable[str], Collection[str]]]:
        """Where resources are named, which, and of which APIs they may be."""
        yield self.section, self.file.resources, API_IDS
        known = {api: api for api in API_IDS}
        known |= {f"{api}.v{line}": api for api in API_IDS for line in lines_of(api)}
        for api, said in self.file.apis.items():
            if api not in known:
                raise DataError(f"{self.origin}: apis.{api}: there is no such API; write TMF622 or TMF622.v5")
            yield f"apis.{api}", said, (known[api],)

    def _references(self) -> Mapping[str, Entry]:
        purposes = {
            "productOffering": self.file.offerings.single,
            "serviceSpecification": self.file.services.single,
            "party": self.file.customer,
            "billingAccount": self.file.billing_account,
        }
        found = {name: entry for name, entry in purposes.items() if entry is not None}
        for resources in (*self.file.apis.values(), self.file.resources):
            found |= {name: Entry(id=said.ids[0]) for name, said in resources.items() if said.ids}
        return found


def read_vendor_data(path: Path) -> VendorData:
    """The data document in a file. DataError when it cannot be read or says something that it should not."""
    found = read_document(path, DataError, "the data ")
    if not isinstance(found, dict):
        raise DataError(f"{path} holds no data document; it names what exists under offerings, places …")
    try:
        found = _as_json(found)
    except ValueError as problem:
        raise DataError(f"{path}: {problem}") from None
    kit = _kit(found)
    if kit is None and _OF_KITS & found.keys():
        raise DataError(
            f"{path}: payloads: the configuration of a conformance kit has them as "
            "{ProductOrder: {POST: {payload: …}}}; a data document has resources in their place"
        )
    said = found if kit is None else _of_kit(kit, path)
    try:
        file = DataFile.model_validate(said)
    except ValidationError as problem:
        raise DataError(f"{path}: {first_mistake(problem, DataFile)}") from None
    if kit is None:
        return VendorData(file, path)
    return VendorData(file, path, _url_of(kit, path), _headers_of(kit, path), "payloads")


def _as_json(value: Any, place: str = "") -> Any:
    """The value as JSON has it: YAML and TOML know dates, and keys that are no text.

    ValueError, with the place, where JSON has no such value.
    """
    if isinstance(value, dict):
        inner = f"{place}." if place else ""
        return {str(key): _as_json(each, f"{inner}{key}") for key, each in value.items()}
    if isinstance(value, list):
        return [_as_json(each, f"{place}.{number}") for number, each in enumerate(value)]
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat().replace("+00:00", "Z")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes | set) or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError(f"{place}: JSON, in which bodies are sent, has no such value ({value!r:.40})")
    if isinstance(value, str) and any("\ud800" <= each <= "\udfff" for each in value):
        raise ValueError(f"{place}: the text has half a character (a lone surrogate), which cannot be sent")
    return value


# ── the configuration of a conformance kit ──────────────────────────────────────────────────────────────────


def _kit(found: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The configuration of a kit, which may be wrapped in something else; None for a document of ours."""
    if isinstance(found.get("payloads"), dict):
        return found
    if len(found) == 1:
        inner = next(iter(found.values()))
        if isinstance(inner, dict) and isinstance(inner.get("payloads"), dict):
            return inner
    return None


def _of_kit(kit: Mapping[str, Any], path: Path) -> dict[str, Any]:
    resources: dict[str, dict[str, Any]] = {}
    for name, methods in kit["payloads"].items():
        place = f"payloads.{name}"
        if not isinstance(methods, dict):
            raise DataError(f"{path}: {place}: write it as {{POST: {{payload: …}}, PATCH: {{payload: …}}}}")
        said = {
            purpose: body
            for method, purpose in (("POST", "create"), ("PATCH", "patch"))
            if (body := _payload(methods, method, place, path))
        }
        resources[name[:1].lower() + name[1:]] = said
    return {"resources": resources}


def _payload(methods: Mapping[str, Any], method: str, place: str, path: Path) -> dict[str, Any] | None:
    said = next((each for name, each in methods.items() if name.upper() == method), None)
    if isinstance(said, dict) and "payload" in said:
        said = said["payload"]
    if isinstance(said, str) and said.strip():
        try:
            said = json.loads(said)
        except ValueError:
            raise DataError(f"{path}: {place}.{method}.payload: this text is no JSON") from None
    if said and not isinstance(said, dict):
        raise DataError(f"{path}: {place}.{method}.payload: a payload is an object")
    return said or None


def _url_of(kit: Mapping[str, Any], path: Path) -> str | None:
    url = kit.get("url")
    if url is not None and not isinstance(url, str):
        raise DataError(f"{path}: url: it is a text")
    return url.strip() or None if url else None


def _headers_of(kit: Mapping[str, Any], path: Path) -> dict[str, str]:
    headers = kit.get("headers") or {}
    if not isinstance(headers, dict):
        raise DataError(f"{path}: headers: write them as {{Name: value}}")
    for name, value in headers.items():
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise DataError(f"{path}: headers.{name}: write the value as text")
    said = {name: str(value) for name, value in headers.items() if name.lower() not in _OF_REQUESTS}
    try:
        return sendable_headers(said)
    except ValueError as problem:
        raise DataError(f"{path}: headers: {problem}") from None


def _standard_resources(apis: Iterable[str]) -> frozenset[str]:
    contracts = (standard_contract(api, line) for api in apis for line in lines_of(api))
    return frozenset(name for contract in contracts for name in contract.resources)
