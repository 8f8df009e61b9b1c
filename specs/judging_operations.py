"""Judges what stands around bodies: operations, parameters, statuses, headers and media types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tmfrig.specs.case import Case, found, in_success
from tmfrig.specs.difference import Difference
from tmfrig.specs.document import DocumentOperation
from tmfrig.specs.finding import Finding, Group


def operation(each: Difference, case: Case) -> Iterator[Finding]:
    """An operation, or an event of which a listener tells, on one side only."""
    event = "/listener/" in each.place
    about = "event" if event else "operation"
    if each.right is None:
        mandatory = each.place in case.profile.operations
        what = "does not say that it sends this event" if event else "does not offer this operation"
        why = ", which is mandatory" if mandatory else ""
        yield found(each, Group.MISSING, f"The document {what}{why}.", mandatory=mandatory, about=about)
    else:
        yield found(each, Group.EXTENSION, f"An {about} that the standard does not have.", about=about)


def parameter(each: Difference, case: Case) -> Iterator[Finding]:
    """A parameter on one side only."""
    if "in path" in (each.left, each.right) and None in (each.left, each.right):
        return  # what the parts of a path are called is nobody's business
    if each.right is None:
        required = _requires(case.standard[each.operation], each.path, each.left)
        mandatory = required or (each.operation, each.path) in case.profile.parameters
        yield found(each, Group.MISSING, "The document does not take this parameter.", mandatory=mandatory)
        return
    yield found(each, Group.EXTENSION, "A parameter that the standard does not have.")
    if _requires(case.vendor[each.operation], each.path, each.right):
        sentence = "Requests of the standard, which lack this parameter, are rejected."
        yield found(each, Group.NARROWER, sentence, about="mandatory", said_by=(None, "mandatory"))


def _requires(operation: DocumentOperation, name: str, place: str) -> bool:
    # the names of headers are compared without case
    return any(
        parameter.required
        for parameter in operation.parameters
        if (parameter.name.lower(), f"in {parameter.place}") == (name.lower(), place)
    )


def header(each: Difference, case: Case) -> Iterator[Finding]:
    """A header on one side only."""
    if each.right is None:
        mandatory = in_success(each) and (each.operation, each.path) in case.profile.headers
        yield found(each, Group.MISSING, "Answers are not said to carry this header.", mandatory=mandatory)
    else:
        yield found(each, Group.EXTENSION, "A header that the standard does not have.")


def status(each: Difference, case: Case) -> Iterator[Finding]:
    """A status on one side only; a vendor who sums up errors (`default`, `4XX`) declares each of them."""
    status = each.place.rsplit(" ", 1)[1]
    ours, theirs = case.standard[each.operation].responses, case.vendor[each.operation].responses
    if each.right is None:
        if _covered(status, theirs):
            return
        successes = sorted(other for other in ours if other.startswith("2"))
        # one success will do, and it is told of once
        instead = successes[:1] == [status] and not any(other in theirs for other in successes)
        mandatory = instead and each.operation in case.profile.operations
        yield found(each, Group.MISSING, "The document does not declare this status.", mandatory=mandatory)
    elif status not in ("default", "4XX", "5XX") and not _covered(status, ours):
        yield found(each, Group.WIDER, "Clients of the standard do not expect this status.")


def _covered(status: str, declared: Mapping[str, Any]) -> bool:
    return f"{status[:1]}XX" in declared or (not status.startswith("2") and "default" in declared)


def body(each: Difference, case: Case) -> Iterator[Finding]:
    """A body on one side only."""
    standard = case.standard[each.operation]
    if each.right is None:
        resource = in_success(each) and each.answered
        taken = each.place.endswith(" request") and not each.answered and standard.request_required
        yield found(each, Group.MISSING, "The document declares no body here.", mandatory=resource or taken)
    elif each.answered:
        yield found(each, Group.WIDER, "Clients of the standard do not expect a body here.")
    else:
        yield found(each, Group.EXTENSION, "A body that the standard does not have.")


def media_types(each: Difference, case: Case) -> Iterator[Finding]:
    """Media types that differ."""
    theirs = set(each.right)
    missing = [name for name in each.left if not {name, f"{name.split('/')[0]}/*", "*/*"} & theirs]
    if missing:
        judged = each.place.endswith(" request") or in_success(each)
        none_left = len(missing) == len(each.left)
        mandatory = judged and none_left and each.operation in case.profile.operations
        yield found(each, Group.MISSING, f"{', '.join(missing)} is not declared.", mandatory=mandatory)
    more = sorted(theirs - set(each.left))
    if more:
        yield found(each, Group.EXTENSION, f"The standard does not have {', '.join(more)}.")
