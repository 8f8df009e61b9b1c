"""The content of a data set's files, merged: resources, and what stands beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from tmfrig.mockservers.coverage import Area, Coverage, Need, Requirement
from tmfrig.mockservers.dataset_files import DatasetError, Json, read_file
from tmfrig.specs import API_IDS, standard_contract

Kind = Literal["productOffering", "serviceSpecification"]


class Wish(BaseModel):
    """What a service or an offering needs, as a file says it."""

    model_config = ConfigDict(extra="forbid")
    technology: tuple[str, ...] = ()
    downstream: int = 0
    alternatives: tuple[str, ...] = ()

    @property
    def needs(self) -> tuple[Need, ...]:
        """The need itself, none where any place will do."""
        return (Need(self.technology, self.downstream),) if self.technology else ()


class _Beside(BaseModel):
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)
    coverage: list[Area] = []
    needs: dict[Kind, dict[str, Wish]] = {}
    elsewhere: dict[str, dict[str, str]] = {}
    defaults: Json = {}


@dataclass
class Content:
    """Everything that the files of one data set say."""

    resources: dict[str, dict[str, list[Json]]] = field(default_factory=dict)
    areas: list[Area] = field(default_factory=list)
    services: dict[str, Wish] = field(default_factory=dict)
    offerings: dict[str, Wish] = field(default_factory=dict)
    elsewhere: dict[str, dict[str, str]] = field(default_factory=dict)

    def elsewhere_with_addresses(self) -> dict[str, dict[str, str]]:
        """What other systems hold, by type and id; the addresses come from the areas."""
        addresses = {area.id: area.name for area in self.areas}
        return {
            **self.elsewhere,
            "GeographicAddress": addresses | self.elsewhere.get("GeographicAddress", {}),
        }

    def coverage(self) -> Coverage:
        """The coverage; a bundled offering needs what it and its mandatory parts need."""
        parts = {
            str(offering["id"]): list(_mandatory_parts(offering))
            for offering in self.resources.get("TMF620", {}).get("productOffering", ())
        }
        return Coverage(
            tuple(self.areas),
            {id_: Requirement(wish.needs, wish.alternatives) for id_, wish in self.services.items()},
            {id_: self._offering(id_, parts) for id_ in dict.fromkeys((*parts, *self.offerings))},
        )

    def _offering(self, id_: str, parts: dict[str, list[str]]) -> Requirement:
        needs: dict[Need, None] = {}
        seen: set[str] = set()
        waiting = [id_]
        while waiting:
            if (each := waiting.pop(0)) not in seen:
                seen.add(each)
                needs |= dict.fromkeys(self.offerings.get(each, Wish()).needs)
                waiting += parts.get(each, ())
        return Requirement(tuple(needs), self.offerings.get(id_, Wish()).alternatives)


def read_content(paths: Iterable[Path]) -> Content:
    """Read and merge files; DatasetError for a key or a shape that a data set does not have."""
    return merged_content((str(path), read_file(path)) for path in paths)


def merged_content(documents: Iterable[tuple[str, Json]]) -> Content:
    """Merge documents, each with a name for who reads of its errors; DatasetError as for files."""
    content = Content()
    for source, data in documents:
        beside = _beside(source, {key: data.pop(key) for key in list(data) if key in _Beside.model_fields})
        for api, name, items in _collections(source, data):
            merged = content.resources.setdefault(api, {}).setdefault(name, [])
            merged += (_with_defaults(api, name, item, beside.defaults) for item in items)
        content.areas += beside.coverage
        content.services |= beside.needs.get("serviceSpecification", {})
        content.offerings |= beside.needs.get("productOffering", {})
        for type_, entries in beside.elsewhere.items():
            content.elsewhere.setdefault(type_, {}).update(entries)
    content.resources = {api: content.resources[api] for api in API_IDS if api in content.resources}
    return content


def _beside(source: str, data: Json) -> _Beside:
    try:
        return _Beside.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        parts = [part for part in first["loc"] if part != "[key]"]
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).lstrip(".")
        sentence = first["msg"][0].lower() + first["msg"][1:]
        raise DatasetError(f"{source}: {place}: {sentence}; mend the entry") from None


def _collections(source: str, data: Json) -> Iterator[tuple[str, str, list[Json]]]:
    for api, collections in data.items():
        if api not in API_IDS:
            known = (*API_IDS, *_Beside.model_fields)
            raise DatasetError(f"{source}: {api!r:.60} is no API of the rig{_instead(api, known)}")
        if not isinstance(collections, dict):
            raise DatasetError(
                f"{source}: {api} should be an object of lists, such as {api}: {{{_first(api)}: […]}}"
            )
        for name, items in collections.items():
            names = tuple(standard_contract(api).resources)
            if name not in names:
                raise DatasetError(f"{source}: {api} has no resource {name!r:.60}{_instead(name, names)}")
            if not isinstance(items, list):
                raise DatasetError(f"{source}: {api}.{name} should be a list of resources")
            for index, item in enumerate(items):
                if not isinstance(item, dict):
                    raise DatasetError(
                        f"{source}: {api}.{name}[{index}] should be an object, not {item!r:.60}"
                    )
            yield api, name, items


def _with_defaults(api: str, name: str, item: Json, defaults: Json) -> Json:
    attributes = standard_contract(api).resources[name].attributes
    usual = {"@type": name[0].upper() + name[1:]} | defaults
    whole = {key: deepcopy(value) for key, value in usual.items() if key in attributes} | item
    # in the contract's order, so that people find things where they look for them
    return {key: whole[key] for key in attributes if key in whole} | whole


def _mandatory_parts(offering: Json) -> Iterator[str]:
    for part in offering.get("bundledProductOffering", ()):
        option = part.get("bundledProductOfferingOption", {})
        if option.get("numberRelOfferLowerLimit", 1) > 0 and "id" in part:
            yield str(part["id"])


def _first(api: str) -> str:
    return next(iter(standard_contract(api).resources))


def _instead(word: str, known: Iterable[str]) -> str:
    known = list(known)
    close = get_close_matches(word, known, 1)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(known)}"
