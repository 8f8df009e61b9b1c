"""Judges a vendor's published OpenAPI document by the standard contract of an API."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from tmfrig.specs.case import Case
from tmfrig.specs.contract import Contract
from tmfrig.specs.diff import by_route, compare
from tmfrig.specs.difference import Aspect, Difference, known_defects, said
from tmfrig.specs.document import Document, DocumentOperation
from tmfrig.specs.finding import Finding, Group, Judgement, Level
from tmfrig.specs.judging import judged
from tmfrig.specs.loading import standard_apis, standard_contract
from tmfrig.specs.mandatory import mandatory_part
from tmfrig.specs.reading import ContractError


def check_document(path: Path, api: str, line: int) -> Judgement:
    """Judge the document in a file by our contract of an API in a major version.

    Its paths may be below the API's base or repeat any base in front of every resource. Mandatory are the
    operations of the API's conformance profile (`mandatory_part`) with a success status, the parameters and
    headers of paging and attribute selection on them, and, of everything that the document offers, the
    attributes that the standard requires in requests or answers and those that the profile asks for in
    answers. Defects of the official files that a vendor repeats are no findings.

    ContractError (one line) when the file cannot be read, is no usable OpenAPI document, or declares none of
    the API's resources, and when the API is not in the house in that version.
    """
    standard = standard_contract(api, line)
    vendor = _below_base(Document.load(path), standard)
    profile = mandatory_part(standard, vendor)
    ours, theirs = by_route(standard.openapi), by_route(vendor)
    case = Case(
        profile,
        {_name(each): each for each in ours.values()},
        {_name(ours.get(route, each)): each for route, each in theirs.items()},
        frozenset(standard.document["components"]["schemas"]),
    )
    found = [*_whole_resources(standard, vendor, case), *_findings(standard, vendor, case)]
    return Judgement(
        api=standard.api,
        title=standard.title,
        version=standard.version,
        document=vendor.source,
        digest=vendor.digest,
        profile=profile.source,
        derived=profile.derived,
        findings=tuple(sorted(found, key=_rank)),
    )


def _rank(finding: Finding) -> tuple[int, bool]:
    return list(Group).index(finding.group), finding.level is not Level.MANDATORY


def _findings(standard: Contract, vendor: Document, case: Case) -> Iterator[Finding]:
    partly = _resources(standard.openapi) & _resources(vendor)
    for each in _differences(standard, vendor):
        resource = _resource(each.operation.split(" ")[1])
        if each.aspect is not Aspect.OPERATION or resource is None or resource in partly:
            yield from judged(each, case)


def _differences(standard: Contract, vendor: Document) -> Iterator[Difference]:
    """The differences without those that are defects of the official file, wherever these are met."""
    defects = known_defects(standard.api, standard.line)
    facts = {
        _fact(each)
        for each in (compare(standard.openapi, vendor) if defects else ())
        if any(defect.explains(each) for defect in defects)
    }
    for each in compare(standard.openapi, vendor, defects, both_ways=True):
        if _fact(each) not in facts:
            yield each


def _fact(difference: Difference) -> tuple[object, ...]:
    name = difference.path.rsplit(".", 1)[-1]
    return name, difference.aspect, said(difference.left), said(difference.right), difference.sides is None


def _whole_resources(standard: Contract, vendor: Document, case: Case) -> Iterator[Finding]:
    """One finding for each resource that only one side has, instead of one for each of its operations."""
    ours, theirs = _by_resource(standard.openapi), _by_resource(vendor)
    for resource, operations in ours.items():
        if resource not in theirs:
            mandatory = any(each in case.profile.operations for each in operations)
            why = ", of which operations are mandatory" if mandatory else ""
            yield Finding(
                group=Group.MISSING,
                level=Level.MANDATORY if mandatory else Level.OPTIONAL,
                about="resource",
                place=f"/{resource}",
                path="",
                standard=said(operations),
                vendor=said(None),
                sentence=f"The document does not offer this resource{why}.",
            )
    for resource, operations in theirs.items():
        if resource not in ours:
            yield Finding(
                group=Group.EXTENSION,
                level=Level.OPTIONAL,
                about="resource",
                place=f"/{resource}",
                path="",
                standard=said(None),
                vendor=said(operations),
                sentence="A resource that the standard does not have.",
            )


def _by_resource(document: Document) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in document.operations:
        resource = _resource(each.path)
        if resource is not None:
            found.setdefault(resource, []).append(_name(each))
    return found


def _resources(document: Document) -> frozenset[str]:
    return frozenset(_by_resource(document))


def _resource(path: str) -> str | None:
    """The resource that a path belongs to; None for registrations and listeners."""
    first = path.strip("/").split("/")[0]
    return None if first in ("", "hub", "listener") else first


def _name(operation: DocumentOperation) -> str:
    return f"{operation.method.upper()} {operation.path}"


@dataclass(frozen=True)
class _Below(Document):
    """A document whose paths are read without a base in front of them and slashes behind them."""

    base: str

    @cached_property
    def operations(self) -> tuple[DocumentOperation, ...]:
        """Every operation, in the document's order."""
        declared = Document(self.raw, self.source, self.digest).operations
        return tuple(
            replace(each, path="/" + each.path.removeprefix(self.base).strip("/")) for each in declared
        )


def _below_base(document: Document, standard: Contract) -> Document:
    """The document with paths as the standard has them; ContractError when it is that of another API."""
    own = set(standard.resources) - {
        name
        for api in standard_apis(standard.line)
        if api != standard.api
        for name in standard_contract(api, standard.line).resources
    }
    bases = Counter(
        path[: path.index(part)]
        for path in (tuple(each.path.split("/")) for each in document.operations)
        for part in path
        if part in own
    )
    if not bases:
        raise ContractError(
            f"{document.source}: declares none of the resources of {standard.api} version {standard.line} "
            f"({', '.join(sorted(own))}); is it the document of another API?"
        )
    base = min(bases, key=lambda each: (-bases[each], len(each)))
    return _Below(document.raw, document.source, document.digest, "/".join(base))
