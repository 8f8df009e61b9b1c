"""What must hold of a data set before a server starts with it; each problem is a sentence with its path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from tmfrig.mockservers.coverage import Coverage, Requirement
from tmfrig.mockservers.dataset_content import Content
from tmfrig.mockservers.dataset_references import Ids, Json, Resources, dangling
from tmfrig.mockservers.identifiers import REACHABLE, is_reachable
from tmfrig.specs import standard_contract


def identity_problems(content: Content) -> list[str]:
    """Resources without an id, and ids that are given twice."""
    found = []
    for api, collections in content.resources.items():
        for name, items in collections.items():
            ids = [item.get("id") for item in items]
            for index, id_ in enumerate(ids):
                place = f"{api}.{name}[{index}]"
                if not isinstance(id_, str) or not id_:
                    found.append(
                        f"{place} has no id; give it a text that is unique among its kind, in quotes"
                    )
                elif not is_reachable(id_):
                    found.append(f"{place}: {id_[:100]!r} is no id; make it {REACHABLE}")
            found += _twice(f"{api}.{name}", (id_ for id_ in ids if isinstance(id_, str)))
    found += _twice("coverage", (area.id for area in content.areas))
    return found + _twice("elsewhere", (id_ for entries in content.elsewhere.values() for id_ in entries))


def contract_problems(resources: Resources) -> list[str]:
    """Resources that do not keep the representation of their contract, or lack a mandatory attribute."""
    found = []
    for api, collections in resources.items():
        contract = standard_contract(api)
        for name, items in collections.items():
            resource = contract.resources[name]
            for item in items:
                path = f"{api}.{name}[{item['id']}]"
                missing = sorted(key for key in resource.mandatory if item.get(key) in (None, ""))
                found += [f"{path}.{key} is mandatory and missing" for key in missing]
                for problem in resource.representation.problems(item):
                    place = f"{path}.{problem.path}" if problem.path else path
                    found.append(f"{place} {problem.sentence}")
    return list(dict.fromkeys(found))


def reference_problems(resources: Resources, present: Ids | None = None) -> list[str]:
    """References that lead nowhere, although the data set has resources of their kind."""
    found = []
    for reference in dangling(resources, present):
        target = reference.target
        ids = [str(item["id"]) for item in resources[target.api][target.resource]]
        sentence = f"refers to {reference.id!r}, which {target.api}.{target.resource} does not have"
        found.append(f"{reference.path} {sentence}{_close(reference.id, ids)}")
    return found


def coverage_problems(coverage: Coverage, resources: Resources) -> list[str]:
    """Needs and alternatives of offerings and services that the data set does not have."""
    return [
        *_needs("productOffering", coverage.offerings, resources.get("TMF620", {}).get("productOffering")),
        *_needs(
            "serviceSpecification", coverage.services, resources.get("TMF633", {}).get("serviceSpecification")
        ),
    ]


def _needs(kind: str, requirements: Mapping[str, Requirement], items: list[Json] | None) -> Iterator[str]:
    if items is None:
        return
    ids = [str(item["id"]) for item in items]
    for id_, requirement in requirements.items():
        if id_ not in ids:
            yield f"needs.{kind} names {id_!r}, which is no {kind} of the data set{_close(id_, ids)}"
        for other in requirement.alternatives:
            if other not in ids:
                place = f"needs.{kind}.{id_}.alternatives"
                yield f"{place} names {other!r}, which is no {kind} of the data set{_close(other, ids)}"


def _twice(place: str, ids: Iterable[str]) -> list[str]:
    return [
        f"{place} has {count} entries with the id {id_!r}; keep one or rename the others"
        for id_, count in Counter(ids).items()
        if count > 1
    ]


def _close(id_: str, ids: list[str]) -> str:
    close = get_close_matches(id_, ids, 1)
    return f"; did you mean {close[0]!r}?" if close else "; add it or mend the reference"
