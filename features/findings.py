"""From how a scenario ended to its results: one for itself, one for each remark on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tmfrig.conformance.check import CannotJudge, Skipped, Violation
from tmfrig.conformance.client import TargetGone
from tmfrig.features.identity import Identity
from tmfrig.features.story import Remark, Story
from tmfrig.reports.result import Level, Outcome, Result, redact


@dataclass(frozen=True)
class Ending:
    """How a scenario ended: `problem` is None when every step went well, `where` the place of its text."""

    story: Story
    problem: BaseException | None
    seconds: float
    where: str

    @property
    def is_fault(self) -> bool:
        """Whether it ended by a mistake of ours."""
        known = isinstance(self.problem, Violation | Skipped | CannotJudge | TargetGone)
        return self.problem is not None and not known


@dataclass(frozen=True)
class Reporter:
    """Makes results for one target. `secrets`: what must not show."""

    secrets: frozenset[str]

    def results(self, identity: Identity, ending: Ending) -> Iterator[Result]:
        """The scenario's own result first, then those of its remarks."""
        problem = ending.problem
        violation = problem if isinstance(problem, Violation) else None
        yield Result(
            check=identity.check,
            level=identity.level,
            api=identity.api,
            version=version_of(identity),
            outcome=_against(identity.level) if violation else outcome_of(problem),
            message=self._said(_message(ending)) or "",
            expected=self._said(violation.expected) if violation else None,
            actual=self._said(violation.actual) if violation else None,
            source=f"scenario {identity.title!r}" + (f", {ending.where}" if ending.where else ""),
            seconds=ending.seconds,
            evidence=ending.story.witness(violation, self.secrets) if violation else [],
            steps=ending.story.steps(self.secrets),
        )
        for remark in ending.story.remarks:
            yield self._remark(identity, ending, remark)

    def _remark(self, identity: Identity, ending: Ending, remark: Remark) -> Result:
        violation = remark.violation
        return Result(
            check=f"{identity.check}.{remark.name}",
            level=remark.level,
            api=identity.api,
            version=version_of(identity),
            outcome=_against(remark.level) if violation else Outcome.passed,
            message=self._said(sentence(violation.message)) or "" if violation else "",
            expected=self._said(violation.expected) if violation else None,
            actual=self._said(violation.actual) if violation else None,
            source=remark.source,
            evidence=ending.story.witness(violation, self.secrets) if violation else [],
        )

    def _said(self, text: str | None) -> str | None:
        return None if text is None else redact(text, self.secrets)


def outcome_of(problem: BaseException | None) -> Outcome:
    """What a step or a scenario that ended so has come to, where it is a MUST."""
    match problem:
        case None:
            return Outcome.passed
        case Violation():
            return Outcome.failed
        case Skipped():
            return Outcome.skipped
        case _:
            return Outcome.error


def sentence(text: str) -> str:
    """The text with a capital at its beginning (unless that is a URL) and a full stop at its end."""
    if not text.startswith("http"):
        text = text[:1].upper() + text[1:]
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."


def version_of(identity: Identity) -> str:
    """The version as a result tells it, empty where the target does not have the scenario's API."""
    return "" if identity.line is None else str(identity.line)


def _against(level: Level) -> Outcome:
    return Outcome.failed if level is Level.MUST else Outcome.warned


def _message(ending: Ending) -> str:
    if ending.problem is None:
        return sentence("; ".join(ending.story.left_out))
    if ending.is_fault:
        return f"The scenario itself failed ({type(ending.problem).__name__}: {ending.problem})."
    return sentence(str(ending.problem))
