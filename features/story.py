"""A story: one scenario while it is played, with what each step exchanged and what was remarked on the way.

Steps judge in three ways. They raise `Violation` where the scenario fails; they call `Story.leave_out` where
the target does not offer what a step is about; and they judge `with story.remarking(...)` what is less
binding than the scenario, so that it is reported on its own and the story goes on.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from tmfrig.conformance.check import Violation
from tmfrig.conformance.exchange import Exchange, Notification
from tmfrig.conformance.session import CLIENT_ID
from tmfrig.features.following import moment
from tmfrig.features.journal import Entry
from tmfrig.reports.result import Evidence, Level, Outcome, Step

_What = TypeVar("_What")

MOST_EVIDENCE = 24
"""How many exchanges of one step are shown: the first and the last ones, when it made more."""
MOST_JOURNAL = 40
"""How many exchanges between other roles are shown with one step, the first and the last ones likewise."""


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
    journal: list[tuple[float, Entry]] = field(default_factory=list)


class Story:
    """What is told about one scenario. `patience`: how many seconds something may take that takes time."""

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self.remarks: list[Remark] = []
        self.left_out: list[str] = []
        self.last_exchange: Exchange | None = None
        self._parts: list[_Part] = []
        self._began = time.monotonic()
        self._began_at = datetime.now(UTC)
        self._listeners: dict[str, str] = {}
        self._journaled = False

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

    def listens(self, callback: str, role: str) -> None:
        """A role has registered a callback: what comes there is for it."""
        self._listeners[callback] = role

    def journal(self, entries: Sequence[Entry]) -> None:
        """What other roles have said to each other meanwhile, each told with the step that was under way."""
        self._journaled = True
        for entry in entries:
            when = moment(entry.time)
            if when is None or not self._parts:
                continue
            at = max(0.0, (when - self._began_at).total_seconds())
            under_way = [part for part in self._parts if part.began and part.began - self._began <= at]
            (under_way[-1] if under_way else self._parts[0]).journal.append((at, entry))

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
                evidence=[self._evidence(each, secrets) for each in _shown(part.passed_by, MOST_EVIDENCE)],
                journal=[each.evidence(secrets, at) for at, each in _told(part.journal)]
                if self._journaled
                else None,
            )
            for part in self._parts
        ]

    def _evidence(self, passed: tuple[float, Exchange | Notification], secrets: frozenset[str]) -> Evidence:
        when, what = passed
        at = max(0.0, when - self._began)
        if isinstance(what, Notification):
            path = what.path or ""
            callback = what.url.removesuffix(path) if path else what.url
            return what.evidence(secrets, callee=self._listeners.get(callback), at=at)
        return what.evidence(
            secrets, caller=what.request_headers.get(CLIENT_ID), callee=what.contract.api, at=at
        )


def _shown(passed: Sequence[tuple[float, _What]], most: int) -> list[tuple[float, _What]]:
    """What is shown of it, in order: the first and the last ones, when there are more."""
    in_order = sorted(passed, key=lambda each: each[0])
    return in_order if len(in_order) <= most else in_order[: most // 2] + in_order[-most // 2 :]


def _told(journal: Sequence[tuple[float, Entry]]) -> list[tuple[float, Entry]]:
    """What is shown of a journal: what only was looked up gives way first, when there is too much."""
    if len(journal) > MOST_JOURNAL:
        journal = [each for each in journal if each[1].method != "GET"]
    return _shown(journal, MOST_JOURNAL)
