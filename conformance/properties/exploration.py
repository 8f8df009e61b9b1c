"""Exploration: bodies are sent as long as the budget lasts, and what is answered wrongly is minimised."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tmfrig.conformance.allowance import TimeIsUp
from tmfrig.conformance.api import NOT_OFFERED
from tmfrig.conformance.check import Skipped, skip
from tmfrig.conformance.client import NoAnswer
from tmfrig.conformance.exchange import Exchange
from tmfrig.conformance.properties.budget import Budget
from tmfrig.conformance.properties.finding import MOST_CAUSES, Finding, Symptom
from tmfrig.conformance.properties.minimising import Minimiser, shape_of
from tmfrig.specs import Kind

Send = Callable[[Any], Exchange]
Judge = Callable[[Any, Exchange], Symptom | None]


@dataclass(frozen=True)
class Question:
    """A body that is sent, how its answer is judged, and which smaller bodies would ask the same."""

    body: Any
    judge: Judge
    may_go: Callable[[Any], bool]


@dataclass
class Exploration:
    """What was found so far, and how much was sent for it."""

    send: Send
    base: Callable[[], dict[str, Any]]
    budget: Budget
    shape: Callable[[Any], frozenset[str]] = shape_of
    """The places of a body, by which a cause is known again."""
    findings: list[Finding] = field(default_factory=list)
    sent: int = 0
    accepted: int = 0
    unsteady: int = 0
    """How often a wrong answer did not come again."""

    def explore(self, questions: Iterable[Question]) -> None:
        """Ask until the budget is spent or there are enough causes. Skipped when nothing may be sent."""
        try:
            for question in questions:
                if self.budget.is_spent or len(self.findings) >= MOST_CAUSES:
                    return
                self._ask(question)
        except TimeIsUp:
            return
        except Skipped:
            # there are enough objects, or it is a read-only run
            if not self.sent:
                raise

    @property
    def summary(self) -> str:
        """What was done, for the message of a passed result."""
        unsteady = f"; {self.unsteady} answers of 500 and above did not come again" if self.unsteady else ""
        return f"{self.sent} examples sent, {self.accepted} accepted{unsteady}"

    def _ask(self, question: Question) -> None:
        symptom, answer = self._asked(question.body, question)
        if answer.status in NOT_OFFERED - {404} and not self.sent:
            skip(f"{answer.label} is not offered (answered {answer.status})")
        self.sent += 1
        if answer.ok:
            self.accepted += 1
        if answer.ok and answer.kind is Kind.CREATE:
            self.budget.objects -= 1
        if symptom is not None and not self._is_known(symptom, question.body):
            self._found(question, symptom, answer)

    def _found(self, question: Question, symptom: Symptom, answer: Exchange) -> None:
        def again(body: Any) -> tuple[Symptom, Exchange] | None:
            now, shown = self._asked(body, question)
            return (now, shown) if now is not None and now.cause == symptom.cause else None

        if not isinstance(question.body, dict):
            self.findings.append(Finding(symptom, answer, frozenset({repr(question.body)})))
            return
        base = self.base()
        minimiser = Minimiser(again, question.may_go, goes_on=lambda: not self.budget.is_over)
        found = minimiser.minimise(question.body, base)
        if found is None:
            self.unsteady += 1
            return
        body, (shown, exchange) = found
        self.findings.append(Finding(shown, exchange, self.shape(body) - self.shape(base)))

    def _asked(self, body: Any, question: Question) -> tuple[Symptom | None, Exchange]:
        try:
            answer = self.send(body)
        except NoAnswer as problem:
            exchange = problem.exchange
            if not isinstance(exchange, Exchange):
                raise
            return Symptom("no answer came", "an HTTP response"), exchange
        return question.judge(body, answer), answer

    def _is_known(self, symptom: Symptom, body: Any) -> bool:
        shape = self.shape(body) if isinstance(body, dict) else frozenset({repr(body)})
        return any(
            each.trigger <= shape if symptom.key is None else each.symptom.key == symptom.key
            for each in self.findings
            if (each.symptom.key is None) == (symptom.key is None)
        )
