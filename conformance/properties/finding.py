"""Findings: what an answer shows, and whether it is the same cause as something that was found before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tmfrig.conformance.check import Violation
from tmfrig.conformance.checks.places import (
    MISSING,
    at,
    mandatory_places,
    named,
    without_nulls,
    without_positions,
)
from tmfrig.conformance.exchange import Exchange
from tmfrig.conformance.expect import describe_answer, same_json, show, status_name
from tmfrig.conformance.properties.exploring import Broken, place_of
from tmfrig.specs import Resource, Schema

_NOT_JUDGED: Final = frozenset({501, 503})
"""Not offered, and too busy in spite of all patience."""
MOST_CAUSES: Final = 5
"""So many causes are told apart for one check and resource; the first has to be mended in any case."""


@dataclass(frozen=True)
class Symptom:
    """What is wrong with one answer. `key` tells one cause from another; None where the body has to tell."""

    sentence: str
    expected: str
    key: str | None = None

    @property
    def cause(self) -> str:
        """What two answers have in common whose cause is the same, as far as they show it."""
        return self.sentence if self.key is None else self.key


@dataclass(frozen=True)
class Finding:
    """One cause, minimised."""

    symptom: Symptom
    exchange: Exchange
    trigger: frozenset[str] = frozenset()
    """What the body needs to have for it."""

    @property
    def sentence(self) -> str:
        """ "POST /productOrder with note: answered 500 Internal Server Error"."""
        return f"{self.exchange.label}: {self.symptom.sentence}"


def reported(findings: Sequence[Finding], summary: str) -> str:
    """The message of a check that found nothing; Violation with the first cause, the others named."""
    if not findings:
        return summary
    first, *others = findings
    count = f" ({len(findings)} causes; the others: {'; '.join(each.sentence for each in others)})"
    raise Violation(
        first.sentence + (count if others else ""),
        expected=first.symptom.expected,
        actual=describe_answer(first.exchange),
        exchange=first.exchange,
    )


def crash(answer: Exchange) -> Symptom | None:
    """A status of 500 and above, whatever was asked."""
    if answer.status < 500 or answer.status in _NOT_JUDGED:
        return None
    return Symptom(f"answered {status_name(answer.status)}", "the resource, or a 4xx that says what is wrong")


def misrepresentation(answer: Exchange, schema: Schema, sent: Any) -> Symptom | None:
    """A success whose body does not keep the contract where something was sent.

    What else the resource holds is the subject of other checks, and may have come there before.
    """
    for body in map(without_nulls, answer.representations if answer.status in (200, 201) else ()):
        if schema.accepts(body):
            continue
        for problem in schema.problems(body):
            place = place_of(problem)
            if str(place[0]) not in sent:
                continue
            key = f"{without_positions(place)} {problem.keyword}"
            return Symptom(f"the answer's {problem}", "a representation that keeps the contract", key)
    return None


def taken_over(broken: Broken, answer: Exchange) -> Symptom | None:
    """A success that shows the wrong value just as it was sent: so it was neither refused nor put right."""
    shown = answer.representations[:1]
    if broken.place is None or not shown:
        return None
    key = f"{without_positions(broken.place)} {broken.keyword}"
    place, kept = named(broken.place), at(shown[0], broken.place)
    if broken.keyword == "required":
        around = at(shown[0], broken.place[:-1]) if len(broken.place) > 1 else shown[0]
        if not isinstance(around, dict) or kept is not MISSING:
            return None
        return Symptom(f"accepted without {place}", f"a 4xx: {place} is mandatory", key)
    sent = at(broken.body, broken.place)
    if sent is None or kept is MISSING or not same_json(sent, kept):
        return None
    return Symptom(f"accepted {place} {show(sent)}", "a 4xx: the contract allows no such value", key)


def is_mandatory(resource: Resource, broken: Broken, whole: Any) -> bool:
    """Whether the place of a broken body is one that every body has to have."""
    attributes = resource.creation.attributes if resource.creation else {}
    return broken.place in {place for place, _ in mandatory_places(attributes, whole)}
