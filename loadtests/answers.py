"""Whether the answers under load are right: the contract's word on each, the observing checks on a sample."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from tmfrig.conformance.check import Violation, catalogue
from tmfrig.conformance.exchange import Exchange
from tmfrig.conformance.expect import expect
from tmfrig.conformance.instance import identity
from tmfrig.conformance.observer import Observer
from tmfrig.conformance.outcome import result_of
from tmfrig.reports.result import Evidence, Level, Outcome, Result, redact
from tmfrig.specs import Contract, Kind

SAMPLE = 200
"""How many right answers of each operation are kept for the observing checks."""

_PREFIX = "load.answers."
UNANSWERED = "load.answers.unanswered"
_RIGHT = {Kind.LIST: (200, 206), Kind.RETRIEVE: (200,), Kind.CREATE: (200, 201, 202)}
_SOURCES = {
    "unanswered": "every request is answered",
    "status": "the contract's statuses; rules HTTP-01, HTTP-02, HTTP-04",
    "json": "the contract's media type; rule HTTP-11",
    "schema": "the contract's response schema",
    "identity": "TMF630 part 1, resources have id and href; rule ID-01",
}

_Place: TypeAlias = tuple[str, str | None]
"""API and resource."""


@dataclass(frozen=True)
class Flaw:
    """What is wrong with one answer: which rule it breaks, and the violation that says how."""

    rule: str
    violation: Violation


def flaw_of(exchange: Exchange) -> Flaw | None:
    """The first thing that is wrong with the answer to a correct list, retrieve or create, or None."""
    if not exchange.answered:
        return Flaw("unanswered", Violation(f"{exchange.label}: no answer came", exchange=exchange))
    for rule, judge in _RULES.items():
        try:
            judge(exchange)
        except Violation as violation:
            return Flaw(rule, violation)
    return None


def _status(exchange: Exchange) -> None:
    if exchange.kind is not None:
        expect(exchange).status(*_RIGHT[exchange.kind])


def _json(exchange: Exchange) -> None:
    answer = expect(exchange)
    if exchange.kind is Kind.LIST:
        answer.json_array()
    else:
        answer.json_object()


def _schema(exchange: Exchange) -> None:
    if exchange.operation is None:
        return
    # 202 and 206 are declared nowhere in v4, and carry the body of the usual success
    declared = exchange.operation.responses
    usual = next((status for status in (str(exchange.status), "200", "201") if status in declared), None)
    schema = declared[usual].schema if usual else None
    if schema is not None and not schema.accepts(exchange.json):
        expect(exchange).matches(schema)


def _identity(exchange: Exchange) -> None:
    resource = exchange.resource
    at_once = resource is not None and resource.answers_at_once and exchange.status == 200
    nameless = [body for body in exchange.representations if identity(body) is None]
    if nameless and not at_once:
        raise Violation(
            f"{exchange.label}: answered {exchange.status} without an id, so nobody can find it again",
            expected="an id",
            actual=f"{len(nameless)} without an id",
            exchange=exchange,
        )


_RULES = {"status": _status, "json": _json, "schema": _schema, "identity": _identity}


@dataclass
class Answers:
    """All answers of a run: how many broke which rule, a first example of each, a sample of right ones."""

    unanswered_in_a_row: int = 0
    counted: Counter[tuple[_Place, str]] = field(default_factory=Counter)
    examples: dict[tuple[_Place, str], Flaw] = field(default_factory=dict)
    sample: defaultdict[tuple[_Place, Kind | None], list[Exchange]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def judge(self, exchange: Exchange) -> Flaw | None:
        """Judge one answer and remember what came of it."""
        place = (exchange.contract.api, exchange.resource.name if exchange.resource else None)
        self.unanswered_in_a_row = 0 if exchange.answered else self.unanswered_in_a_row + 1
        flaw = flaw_of(exchange)
        if flaw is not None:
            self.counted[place, flaw.rule] += 1
            self.examples.setdefault((place, flaw.rule), flaw)
        elif len(kept := self.sample[place, exchange.kind]) < SAMPLE:
            kept.append(exchange)
        return flaw

    def unanswered(self, api: str) -> bool:
        """Whether some request to this API got no answer at all."""
        return any(where == api and rule == "unanswered" for ((where, _), rule) in self.counted)

    def evidence(self, api: str, resource: str | None, secrets: frozenset[str]) -> list[Evidence]:
        """The first wrong answer of a resource, if there was any."""
        for (place, _), flaw in self.examples.items():
            if place == (api, resource) and flaw.violation.exchange is not None:
                return [flaw.violation.exchange.evidence(secrets)]
        return []

    def broken_rules(self, secrets: frozenset[str]) -> Iterator[Result]:
        """One failed result per resource and rule of the contract that some answer broke."""
        for ((api, resource), rule), count in sorted(self.counted.items(), key=str):
            violation = self.examples[(api, resource), rule].violation
            exchange = violation.exchange
            more = f" ({count - 1} more answers like this)" if count > 1 else ""
            yield Result(
                check=_PREFIX + rule,
                level=Level.MUST,
                api=api,
                version=str(exchange.contract.line) if isinstance(exchange, Exchange) else "",
                resource=resource,
                outcome=Outcome.failed,
                message=redact(violation.message + more, secrets),
                expected=violation.expected,
                actual=None if violation.actual is None else redact(violation.actual, secrets),
                source=_SOURCES[rule],
                evidence=[exchange.evidence(secrets)] if exchange else [],
            )

    def broken_checks(self, contracts: Sequence[Contract], secrets: frozenset[str]) -> Iterator[Result]:
        """One result per resource and observing check that the sample of right answers does not keep."""
        observer = Observer(catalogue(), contracts)
        for exchanges in self.sample.values():
            for exchange in exchanges:
                observer.exchange(exchange)
        for case in observer.cases:
            result = result_of(case, observer.ending(case), secrets)
            if result.outcome in (Outcome.failed, Outcome.warned, Outcome.error):
                yield result.model_copy(update={"check": _PREFIX + result.check})
