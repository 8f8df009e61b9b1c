"""Methods: what is offered, and how what is not offered is refused."""

from __future__ import annotations

from tmfrig.conformance.api import NOT_OFFERED, Api, Instance
from tmfrig.conformance.check import MUST, CannotJudge, Violation, check, skip
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import describe_answer, expect
from tmfrig.specs import Contract, Kind, Resource
from tmfrig.specs.profiles import api_profile, resource_profile


@check(
    "method.not-offered",
    MUST,
    "A method that the contract does not offer is answered 405, or 404 where nothing is routed.",
    source="TMF630 part 1, status codes; the API's OpenAPI document, operations; rule HTTP-10",
    on=(Kind.RETRIEVE, Kind.CREATE),
)
def other_methods_are_refused(api: Api, resource: Resource) -> None:
    mine = api.an_instance(resource)
    if not mine.created:
        skip(f"there is no {resource.name} of our own on which to try it")
    path = api.path_of(resource, mine.id)
    # With its own content, so that a target which takes it after all is left as it was.
    foreign = [("PUT", mine.body)] + ([("PATCH", {})] if Kind.PATCH not in resource.operations else [])
    for method, body in foreign:
        label = f"{method} {resource.path}/{{id}}, which the contract does not offer"
        answer = api.request(method, path, json=body, label=label, intent=Intent.INVALID)
        if answer.status in (401, 403):
            skip(f"{method} was refused with {answer.status} before it was looked at")
        expect(answer).status(405, 404, 501, because="the contract has no such operation")


def _has_mandatory_operations(contract: Contract) -> bool:
    return any(each.operations for each in api_profile(contract).resources.values())


@check(
    "method.mandatory",
    MUST,
    "The operations that the conformance profile makes mandatory are offered.",
    source="TM Forum v4 conformance profiles, mandatory operations; rules HTTP-01, HTTP-04, HTTP-08, HTTP-09",
    scope="api",
    when=_has_mandatory_operations,
)
def mandatory_operations_are_offered(api: Api) -> str:
    for resource in api.contract.resources.values():
        operations = resource_profile(api.contract, resource).operations
        for kind in sorted(operations):
            _is_not_declared_absent(api, resource, kind)
        for kind in (Kind.LIST, Kind.CREATE, Kind.PATCH, Kind.DELETE):
            if kind in operations:
                _is_offered(api, resource, kind)
    return api_profile(api.contract).told


def _is_not_declared_absent(api: Api, resource: Resource, kind: Kind) -> None:
    if not api.offers(resource, kind):
        raise Violation(
            f"{kind} of {resource.name} is declared as not offered, yet the {_profile(api)} makes it "
            "mandatory",
            expected="the operation",
            actual="it was not asked for, as it is declared as not offered",
        )


def _profile(api: Api) -> str:
    derived = "derived " if api_profile(api.contract).derived else ""
    return f"{derived}conformance profile of {api.contract.api}"


def _is_offered(api: Api, resource: Resource, kind: Kind) -> None:
    answer = _asked(api, resource, kind)
    if answer is not None and answer.status in NOT_OFFERED:
        raise Violation(
            f"{answer.label}: answered {answer.status}, yet the {_profile(api)} makes {kind} of "
            f"{resource.name} mandatory",
            expected="an answer of the operation",
            actual=describe_answer(answer),
            exchange=answer,
        )


def _asked(api: Api, resource: Resource, kind: Kind) -> Exchange | None:
    if kind is Kind.LIST:
        return api.list(resource, {"limit": 1}, intent=Intent.OPEN)
    if kind is Kind.CREATE:
        return api.create(resource, intent=Intent.OPEN)
    mine = _own(api, resource)
    if mine is None:
        return None
    if kind is Kind.PATCH:
        return api.patch(
            resource, mine.id, {}, label=f"PATCH {resource.path}/{{id}} with nothing", intent=Intent.OPEN
        )
    return api.delete(resource, mine.id, intent=Intent.OPEN)


def _own(api: Api, resource: Resource) -> Instance | None:
    try:
        return api.fresh(resource)
    except CannotJudge:
        return None
