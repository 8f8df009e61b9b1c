"""A story: one scenario while it is played, with what each step exchanged and what was remarked on the way.

Steps judge in three ways. They raise `Violation` where the scenario fails; they call `Story.leave_out` where
the target does not offer what a step is about; and they judge `with story.remarking(...)` what is less
binding than the scenario, so that it is reported on its own and the story goes on.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tmfrig.conformance.check import Violation
from tmfrig.conformance.exchange import Exchange, Notification
from tmfrig.reports.result import Evidence, Level, Outcome, Step

MOST_EVIDENCE = 24
"""How many exchanges of one step are shown: the first and the last ones, when it made more."""


@dataclass(frozen=True)
class Remark:
    """A requirement below MUST that a step judged: whether it held, and what rests on that."""

    name: str
    level: Level
    sentence: str
    source: str
    violation: Violation | None


@dataclass
class _Part:
    """One step under way."""

    keyword: str
    text: str
    began: float
    outcome: Outcome = Outcome.passed
    seconds: float = 0.0
    over: bool = False
    passed_by: list[tuple[float, Exchange | Notification]] = field(default_factory=list)


class Story:
    """What is told about one scenario. `patience`: how many seconds something may take that takes time."""

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self.remarks: list[Remark] = []
        self.left_out: list[str] = []
        self.last_exchange: Exchange | None = None
        self._parts: list[_Part] = []

    # ── for steps ───────────────────────────────────────────────────────────────────────────────────────────

    def leave_out(self, reason: str) -> None:
        """The current step cannot be asked of this target; the story goes on without it."""
        self._parts[-1].outcome = Outcome.skipped
        if reason not in self.left_out:
            self.left_out.append(reason)

    @contextmanager
    def remarking(self, name: str, level: Level, sentence: str, source: str) -> Iterator[None]:
        """Judge something less binding than the scenario: a `Violation` inside the block becomes a remark.

        It is reported as a result of its own, `scenario.<id>.<name>`, with this level.
        """
        violation = None
        try:
            yield
        except Violation as raised:
            violation = raised
            self._parts[-1].outcome = Outcome.warned
        self.remarks.append(Remark(name, level, sentence, source, violation))

    # ── for whoever plays it ────────────────────────────────────────────────────────────────────────────────

    def begin(self, keyword: str, text: str) -> None:
        """A step begins."""
        self._parts.append(_Part(keyword, text, time.monotonic()))

    def end(self, outcome: Outcome | None = None) -> None:
        """The step is over; without an outcome it is what the step itself said, or else passed."""
        part = self._parts[-1]
        part.seconds = time.monotonic() - part.began
        part.outcome = outcome or part.outcome
        part.over = True

    def break_off(self) -> None:
        """The story is over, perhaps in the middle of a step."""
        if self._parts and not self._parts[-1].over:
            self.end(Outcome.error)

    def never_began(self, keyword: str, text: str) -> None:
        """A step was not reached."""
        self._parts.append(_Part(keyword, text, 0.0, Outcome.skipped, over=True))

    def pass_by(self, what: Exchange | Notification) -> None:
        """An exchange or a notification belongs to the current step; an exchange after its end, to none."""
        if not self._parts:
            return
        part = self._parts[-1]
        if isinstance(what, Notification):
            part.passed_by.append((what.received, what))
        elif not part.over:
            self.last_exchange = what
            # by its beginning: what is announced while we wait for an answer comes after the request
            part.passed_by.append((time.monotonic() - what.seconds, what))

    @property
    def told(self) -> int:
        """How many steps have begun."""
        return len(self._parts)

    def witness(self, violation: Violation, secrets: frozenset[str] = frozenset()) -> list[Evidence]:
        """What shows a violation: its own exchange, else the last one of the story, if there was any."""
        shown = violation.exchange or self.last_exchange
        return [shown.evidence(secrets)] if shown else []

    def steps(self, secrets: frozenset[str] = frozenset()) -> list[Step]:
        """The steps as a report shows them, free of secrets."""
        return [
            Step(
                keyword=part.keyword,
                text=part.text,
                outcome=part.outcome,
                seconds=part.seconds,
                evidence=_evidence(part, secrets),
            )
            for part in self._parts
        ]


def _evidence(part: _Part, secrets: frozenset[str]) -> list[Evidence]:
    in_order = [what for _, what in sorted(part.passed_by, key=lambda each: each[0])]
    if len(in_order) > MOST_EVIDENCE:
        in_order = in_order[: MOST_EVIDENCE // 2] + in_order[-MOST_EVIDENCE // 2 :]
    return [what.evidence(secrets) for what in in_order]
