"""Faults of what the conformance profiles ask for and a client gives: taken, and not shown again."""

from __future__ import annotations

from tmfrig.mockservers.faults.answers import Altered, Answer, altering
from tmfrig.mockservers.faults.status_codes import unknown_is_no_content
from tmfrig.specs import Kind

FAMILY = "mandatory"


@altering(
    "related-party-lost",
    "TMF622",
    "An order that is retrieved has no relatedParty, although it was created with one; it should be shown.",
    rule="ID-04",
    family=FAMILY,
    on=Kind.RETRIEVE,
)
def no_related_party(_exchange: Altered, answer: Answer) -> Answer:
    """Keeps parties in another system, and leaves it to clients to ask there."""
    return answer.without("relatedParty")


# what unknown-id-answered-with-no-content does, at an API whose tasks a server might throw away
altering(
    "unknown-task-answered-with-no-content",
    "TMF645",
    "A qualification that there is not is answered 204; it should be 404.",
    rule="HTTP-03",
    family="status-codes",
    on=Kind.RETRIEVE,
    answered="404",
)(unknown_is_no_content)
