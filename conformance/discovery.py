"""Discovery: which resources a target does not offer at all, where no conformance profile asks for them."""

from __future__ import annotations

from tmfrig.conformance.api import NOT_OFFERED, Api
from tmfrig.conformance.check import CannotJudge, Skipped, Violation
from tmfrig.conformance.client import TargetGone
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.specs import Kind, Resource
from tmfrig.specs.profiles import resource_profile


def found_absent(api: Api, resource: Resource) -> str | None:
    """How an optional resource is answered for, "answered 404", whose collection is neither listed nor
    created in; None for what is offered, or has to be."""
    profile = resource_profile(api.contract, resource)
    if profile.operations | profile.kept:
        return None
    answers = _answers(api, resource)
    is_absent = answers and all(each.status in NOT_OFFERED for each in answers)
    return f"answered {answers[0].status}" if is_absent else None


def _answers(api: Api, resource: Resource) -> list[Exchange]:
    """To a list, and to a create only where that is not offered: it may bring something about."""
    answers: list[Exchange] = []
    try:
        if api.offers(resource, Kind.LIST):
            label = f"GET {resource.path}, to see whether it is offered"
            answers.append(api.list(resource, {"limit": 1}, label=label, intent=Intent.OPEN))
            if answers[0].status not in NOT_OFFERED:
                return answers
        if api.offers(resource, Kind.CREATE):
            label = f"POST {resource.path} with nothing, to see whether it is offered"
            answers.append(api.request("POST", resource.path, json={}, label=label, intent=Intent.INVALID))
    except Skipped:
        pass  # a read-only run has the list alone to go by
    except (CannotJudge, Violation, TargetGone):
        return []  # whoever asks next is told why
    return answers
