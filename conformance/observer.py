"""The observing checks, evaluated over everything that passes while it passes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tmfrig.conformance.check import Check, Manner, NotApplicable, Scope, Skipped, Violation, catalogue
from tmfrig.conformance.exchange import Exchange, Notification
from tmfrig.conformance.outcome import HUB, Case, Ending, is_fault, result_of
from tmfrig.reports.result import Result
from tmfrig.specs import Contract, Resource


@dataclass
class _Tally:
    """What one check said so far about the exchanges of one resource."""

    judged: int = 0
    violations: int = 0
    problem: Exception | None = None
    witness: Exchange | Notification | None = None

    def add(self, problem: Exception | None, witness: Exchange | Notification) -> None:
        self.judged += 1
        self.violations += isinstance(problem, Violation)
        if problem is not None and _weight(problem) > _weight(self.problem):
            self.problem = problem
            self.witness = witness


class Observer:
    """Keeps, for each observing check and resource, whether anything violated it and the first thing that
    did."""

    def __init__(self, checks: Iterable[Check], contracts: Iterable[Contract]) -> None:
        observing = [check for check in checks if check.manner is not Manner.PROBING]
        self._of_exchanges = [check for check in observing if check.manner is Manner.EXCHANGE]
        self._of_notifications = [check for check in observing if check.manner is Manner.NOTIFICATION]
        self._tallies = {case: _Tally() for contract in contracts for case in _foreseen(observing, contract)}

    @property
    def cases(self) -> list[Case]:
        """What has been or may still be judged, one check and resource each, in order of resources."""
        return list(self._tallies)

    def exchange(self, exchange: Exchange) -> None:
        """Judge one exchange; those without a response say nothing."""
        if not exchange.answered:
            return
        for check in self._of_exchanges:
            if check.scope is Scope.HUB and not _of_hub(exchange):
                continue
            if not check.on or exchange.kind in check.on:
                self._judge(check, exchange, exchange.contract, exchange.resource)

    def notification(self, notification: Notification) -> None:
        """Judge one notification."""
        for check in self._of_notifications:
            self._judge(check, notification, notification.contract, notification.resource)

    def ending(self, case: Case) -> Ending:
        """What became of a case, as far as is known now."""
        tally = self._tallies[case]
        if tally.judged == 0:
            return Ending(problem=NotApplicable())
        witnesses = (tally.witness,) if tally.witness is not None else ()
        return Ending(problem=tally.problem, exchanges=witnesses, others=max(0, tally.violations - 1))

    def judged(self, case: Case) -> int:
        """How many exchanges or notifications a case was judged by so far."""
        return self._tallies[case].judged

    def _judge(
        self, check: Check, witness: Exchange | Notification, contract: Contract, resource: Resource | None
    ) -> None:
        if check.when is not None and (resource is None or not check.applies_to(resource)):
            return
        problem: Exception | None = None
        try:
            check.run(witness)
        except Exception as raised:  # whatever it is, `outcome` says what it means
            problem = raised
        if isinstance(problem, (NotApplicable, Skipped)):
            return
        place = resource.name if resource else HUB if _of_hub(witness) else None
        if isinstance(problem, Violation):
            problem = _without_label(problem, witness)
        self._tallies.setdefault(Case(check, contract, place), _Tally()).add(problem, witness)


def observe(
    exchanges: Iterable[Exchange],
    checks: Iterable[Check] | None = None,
    secrets: frozenset[str] = frozenset(),
) -> list[Result]:
    """What the observing checks (by default those of the catalogue) say about exchanges that somebody else
    made.

    One result per check and resource that was judged; nothing is said of what did not occur.
    """
    seen = list(exchanges)
    observer = Observer(catalogue() if checks is None else checks, {each.contract for each in seen})
    for exchange in seen:
        observer.exchange(exchange)
    endings = ((case, observer.ending(case)) for case in observer.cases)
    return [
        result_of(case, ending, secrets)
        for case, ending in endings
        if not isinstance(ending.problem, NotApplicable)
    ]


def _foreseen(checks: Sequence[Check], contract: Contract) -> Iterator[Case]:
    """The cases of which a result is owed, be it that nothing was observed."""
    for resource in contract.resources.values():
        for check in checks:
            about_it = check.scope is Scope.RESOURCE and check.applies_to(resource)
            if about_it and (check.manner is Manner.EXCHANGE or resource.events):
                yield Case(check, contract, resource.name)
    for check in checks:
        if check.scope is Scope.HUB and check.applies_to_api(contract):
            yield Case(check, contract, HUB)


def _of_hub(witness: Exchange | Notification) -> bool:
    return isinstance(witness, Notification) or witness.path.strip("/").split("/")[0] == HUB


def _weight(problem: Exception | None) -> int:
    """A violation counts more than a mistake of ours, and that more than what could not be judged."""
    if problem is None:
        return 0
    return 3 if isinstance(problem, Violation) else 2 if is_fault(problem) else 1


def _without_label(problem: Violation, witness: Exchange | Notification) -> Violation:
    """The same finding without the request in its message: the evidence shows it, and like findings group."""
    label = witness.label if isinstance(witness, Exchange) else witness.event_type or ""
    return Violation(
        problem.message.removeprefix(f"{label}: "),
        problem.expected,
        problem.actual,
        problem.exchange or witness,
    )
