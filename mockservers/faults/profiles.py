"""Faults of what the conformance profiles ask for and a client gives: taken, and not shown again."""

from __future__ import annotations

from tmfrig.mockservers.faults.answers import Altered, Answer, altering
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
    return answer.with_each(
        lambda body: {name: each for name, each in body.items() if name != "relatedParty"}
    )


@altering(
    "unknown-task-answered-with-no-content",
    "TMF645",
    "A qualification that there is not is answered 204; it should be 404.",
    rule="HTTP-03",
    family="status-codes",
    on=Kind.RETRIEVE,
    answered="404",
)
def unknown_task_is_nothing(_exchange: Altered, answer: Answer) -> Answer:
    """Throws tasks away when they are done, and takes any id for one that was."""
    return answer.with_status(204).with_body(b"")
