"""The data set that reference servers start with: catalogs, inventories and coverage that belong together.

A file holds resources by API and name, and beside them what the rig needs to know:

    TMF620: {productOffering: [{id: fibre-500, name: Fibre 500, …}]}
    coverage: [{id: bahnhofstrasse-12, postcode: "8001", city: Zürich, country: CH, reach: {fibre: 1000}}]
    needs: {productOffering: {fibre-500: {technology: [fibre], downstream: 500, alternatives: [fibre-100]}}}
    elsewhere: {Individual: {keller-anna: Anna Keller}}     what other systems hold, for references by id
    defaults: {lifecycleStatus: Active}                     for every resource of the file that may have it

Everything but the resources may be left out, and `dataset_shorthand` tells the compact words. A resource
without `@type` gets its type's name, and a reference into the data set the `name`, `version` and
`@referredType` that it lacks. `href` is left to the server (see `dataset_references`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import as_file, files
from pathlib import Path

from tmfrig.mockservers.coverage import Coverage
from tmfrig.mockservers.dataset_checks import (
    contract_problems,
    coverage_problems,
    identity_problems,
    reference_problems,
)
from tmfrig.mockservers.dataset_content import Content, merged_content, read_content
from tmfrig.mockservers.dataset_files import DatasetError, data_files
from tmfrig.mockservers.dataset_references import Ids, Json, Reference, Resources, complete, references
from tmfrig.mockservers.dataset_shorthand import write_out
from tmfrig.specs import API_IDS

__all__ = ["BUILT_IN", "Dataset", "DatasetError", "dataset_of", "load_dataset"]

BUILT_IN = ("telco", "empty")


@dataclass(frozen=True)
class Dataset:
    """Resources in wire form, by API and resource name, and the coverage data beside them."""

    resources: Resources = field(default_factory=dict)
    coverage: Coverage = field(default_factory=Coverage)

    def references(self) -> Iterator[Reference]:
        """Every reference to a resource of the eight APIs, so that a server can set its href in place."""
        return references(self.resources)

    def __or__(self, other: Dataset) -> Dataset:
        """Both in one; what both have is as the other has it."""
        apis = [api for api in API_IDS if api in self.resources or api in other.resources]
        resources = {api: _merged(self.resources.get(api, {}), other.resources.get(api, {})) for api in apis}
        areas = {each.id: each for each in (*self.coverage.areas, *other.coverage.areas)}
        coverage = Coverage(
            tuple(areas.values()),
            {**self.coverage.services, **other.coverage.services},
            {**self.coverage.offerings, **other.coverage.offerings},
        )
        return Dataset(resources, coverage)


def _merged(ours: Mapping[str, list[Json]], theirs: Mapping[str, list[Json]]) -> Mapping[str, list[Json]]:
    return {
        name: list({each["id"]: each for each in (*ours.get(name, ()), *theirs.get(name, ()))}.values())
        for name in dict.fromkeys((*ours, *theirs))
    }


def load_dataset(name_or_path: str) -> Dataset:
    """`telco`, `empty`, or a user's YAML or JSON file (or a folder of such files, which are read as one).

    Each call gives objects of its own. DatasetError, in one line, when the name is unknown, a file cannot be
    read, a resource does not keep its contract, an id is missing or given twice, or a reference leads
    nowhere.
    """
    if name_or_path == "empty":
        return Dataset()
    if name_or_path in BUILT_IN:
        with as_file(files(__package__) / "datasets" / name_or_path) as folder:
            return _dataset(name_or_path, read_content(data_files(folder)))
    if not name_or_path or not Path(name_or_path).exists():
        raise DatasetError(
            f"no data set or file is called {name_or_path!r}; "
            f"name {', '.join(BUILT_IN)} or a YAML or JSON file"
        )
    return _dataset(name_or_path, read_content(data_files(Path(name_or_path))))


def dataset_of(document: Json, source: str, present: Ids) -> Dataset:
    """The data set that a parsed document is, which may refer to what is `present` already.

    DatasetError as for a file, with `source` in its place.
    """
    return _dataset(source, merged_content([(source, document)]), present)


def _dataset(source: str, content: Content, present: Ids | None = None) -> Dataset:
    resources = content.resources
    _stop_at(source, identity_problems(content))
    _stop_at(source, write_out(resources, content.elsewhere_with_addresses()))
    _stop_at(source, contract_problems(resources))
    _stop_at(source, reference_problems(resources, present))
    complete(resources)
    coverage = content.coverage()
    _stop_at(source, coverage_problems(coverage, resources))
    return Dataset(resources, coverage)


def _stop_at(source: str, problems: list[str]) -> None:
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise DatasetError(f"{source}: {problems[0]}{more}")
