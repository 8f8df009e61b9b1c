"""Whether the answers under load are right: a quick look at each, the contract's word and the observing
checks on a sample, and on everything that does not look right."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tmfrig.conformance.check import Violation, catalogue
from tmfrig.conformance.exchange import ACCEPTED, Exchange
from tmfrig.conformance.expect import expect
from tmfrig.conformance.instance import identity
from tmfrig.conformance.observer import Observer
from tmfrig.conformance.outcome import result_of
from tmfrig.loadtests.asking import RIGHT, Reply
from tmfrig.reports.result import Level, Outcome, Result, redact
from tmfrig.specs import Contract, Kind

SAMPLE = 200
"""How many right answers of each operation are kept for the observing checks."""
FULLY = 20
"""How many answers that look wrong in the same way are judged in full; the next are like these."""

PREFIX = "load.answers."
UNANSWERED, OVERLOAD = PREFIX + "unanswered", PREFIX + "overload"
AVAILABILITY = frozenset({429, 500, 502, 503, 504})
"""Statuses that say what the target can bear, not what it understands."""
_SOURCES = {
    "unanswered": "every request is answered",
    "status": "the contract's statuses; rules HTTP-01, HTTP-02, HTTP-04",
    "overload": "the service levels say how many failures are acceptable",
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


def flaw_of(exchange: Exchange, also: frozenset[int] = frozenset(), trouble: str = "") -> Flaw | None:
    """The first thing that is wrong with the answer to a correct request, or None.

    `also` are statuses beside those of success that are right here; `trouble` says why no answer came.
    """
    if not exchange.answered:
        told = f"no answer came ({trouble})" if trouble else "no answer came"
        return Flaw("unanswered", Violation(f"{exchange.label}: {told}", exchange=exchange))
    if exchange.status in also:
        return None
    if exchange.status in AVAILABILITY:
        problem = Violation(f"{exchange.label}: answered {exchange.status}", exchange=exchange)
        return Flaw("overload", problem)
    for rule, judge in _RULES.items():
        try:
            judge(exchange)
        except Violation as violation:
            return Flaw(rule, violation)
    return None


def _status(exchange: Exchange) -> None:
    if exchange.kind is not None:
        expect(exchange).status(*RIGHT[exchange.kind])


def _json(exchange: Exchange) -> None:
    if _may_be_empty(exchange.kind, exchange.status, exchange.body):
        return
    answer = expect(exchange)
    if exchange.kind is Kind.LIST:
        answer.json_array()
    else:
        answer.json_object()


def _schema(exchange: Exchange) -> None:
    if exchange.operation is None or _may_be_empty(exchange.kind, exchange.status, exchange.body):
        return
    # 202 and 206 are declared nowhere in v4, and carry the body of the usual success
    declared = exchange.operation.responses
    usual = next((status for status in (str(exchange.status), "200", "201") if status in declared), None)
    schema = declared[usual].schema if usual else None
    if schema is not None and not schema.accepts(exchange.json):
        expect(exchange).matches(schema)


def _identity(exchange: Exchange) -> None:
    if _may_be_empty(exchange.kind, exchange.status, exchange.body):
        return
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
    asked = exchange.id_in_path
    found = identity(exchange.json) if asked is not None and exchange.status == 200 else asked
    if found != asked:
        raise Violation(
            f"{exchange.label}: answered with another resource than the one that was asked for",
            expected=f"the id {asked}",
            actual=f"the id {found}",
            exchange=exchange,
        )


def _may_be_empty(kind: Kind | None, status: int, body: bytes) -> bool:
    """204 has no body, and what was deleted or taken note of need not be described."""
    return status == 204 or (not body and (kind is Kind.DELETE or status == ACCEPTED))


_RULES = {"status": _status, "json": _json, "schema": _schema, "identity": _identity}


@dataclass
class Answers:
    """All answers of a process: how many broke which rule, a first example of each, a sample of right ones.

    `share` is the part of the answers that is judged in full.
    """

    share: float = 0.01
    seed: int = 1
    judged: int = 0
    """How many answers were judged in full."""
    unanswered_in_a_row: int = 0
    counted: Counter[tuple[_Place, str]] = field(default_factory=Counter)
    examples: dict[tuple[_Place, str], Flaw] = field(default_factory=dict)
    sample: defaultdict[tuple[_Place, Kind | None], list[Exchange]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _alike: dict[tuple[Any, ...], tuple[int, Flaw]] = field(default_factory=dict)
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(f"{self.seed} sample")

    def judge(self, reply: Reply, id: str | None = None) -> str | None:
        """In what way an answer is wrong, in a few words; None where it is right. `id` was asked for."""
        looks_right = _looks_right(reply, id)
        if looks_right:
            self.unanswered_in_a_row = 0
            if self._random.random() >= self.share:
                return None
            flaw = self._fully(reply)
            return flaw.violation.message if flaw else None
        alike = (reply.ask.name, reply.answer.status, reply.answer.trouble)
        # a status that is right says nothing of what is wrong, nor whether anything is
        known = None if reply.answer.status in reply.ask.right else self._alike.get(alike)
        if known is not None and known[0] >= FULLY:
            self.unanswered_in_a_row = 0 if reply.answer.status else self.unanswered_in_a_row + 1
            self._count(reply, known[1])
            return known[1].violation.message
        flaw = self._fully(reply)
        if flaw is None:
            return None
        self._alike[alike] = (known[0] + 1 if known else 1, flaw)
        return flaw.violation.message

    def found(self, secrets: frozenset[str], contracts: Sequence[Contract]) -> list[dict[str, Any]]:
        """What was found wrong, as plain values for another process: results, and how often each was met.

        Without contracts, right answers are not given to the observing checks: that takes half a second.
        """
        broken = [
            {"result": result.model_dump(mode="json"), "count": count}
            for result, count in self._broken_rules(secrets)
        ]
        remarks = self._broken_checks(contracts, secrets) if contracts else []
        return [*broken, *({"result": each.model_dump(mode="json"), "count": 1} for each in remarks)]

    def _fully(self, reply: Reply) -> Flaw | None:
        exchange = reply.exchange()
        self.judged += 1
        self.unanswered_in_a_row = 0 if exchange.answered else self.unanswered_in_a_row + 1
        flaw = flaw_of(exchange, reply.ask.also, reply.answer.trouble)
        if flaw is None:
            kept = self.sample[_place(reply), exchange.kind]
            if len(kept) < SAMPLE:
                kept.append(exchange)
            return None
        self._count(reply, flaw)
        return flaw

    def _count(self, reply: Reply, flaw: Flaw) -> None:
        self.counted[_place(reply), flaw.rule] += 1
        self.examples.setdefault((_place(reply), flaw.rule), flaw)

    def _broken_rules(self, secrets: frozenset[str]) -> Iterator[tuple[Result, int]]:
        """One failed result per resource and rule of the contract that some answer broke, and how often."""
        for ((api, resource), rule), count in sorted(self.counted.items(), key=str):
            violation = self.examples[(api, resource), rule].violation
            exchange = violation.exchange
            yield (
                Result(
                    check=PREFIX + rule,
                    level=Level.MUST,
                    api=api,
                    version=str(exchange.contract.line) if isinstance(exchange, Exchange) else "",
                    resource=resource,
                    outcome=Outcome.failed,
                    message=redact(violation.message, secrets),
                    expected=violation.expected,
                    actual=None if violation.actual is None else redact(violation.actual, secrets),
                    source=_SOURCES[rule],
                    evidence=[exchange.evidence(secrets)] if exchange else [],
                ),
                count,
            )

    def _broken_checks(self, contracts: Sequence[Contract], secrets: frozenset[str]) -> Iterator[Result]:
        """One result per resource and observing check that the sample of right answers does not keep."""
        observer = Observer(catalogue(), contracts)
        for exchanges in self.sample.values():
            for exchange in exchanges:
                observer.exchange(exchange)
        for case in observer.cases:
            result = result_of(case, observer.ending(case), secrets)
            if result.outcome in (Outcome.failed, Outcome.warned, Outcome.error):
                yield result.model_copy(update={"check": PREFIX + result.check})


def merged(found: Iterable[Mapping[str, Any]]) -> list[Result]:
    """The results of several processes as one list, with how often what was found was met."""
    counts: Counter[tuple[str, str, str | None]] = Counter()
    first: dict[tuple[str, str, str | None], Result] = {}
    for each in found:
        result = Result.model_validate(each["result"])
        place = (result.check, result.api, result.resource)
        first.setdefault(place, result)
        counts[place] += each["count"]
    return [
        result.model_copy(update={"message": result.message + _more(counts[place] - 1)})
        for place, result in sorted(first.items(), key=lambda each: tuple(map(str, each[0])))
    ]


def _more(count: int) -> str:
    return "" if not count else f" ({count:,} more {'answer' if count == 1 else 'answers'} like this)"


def _place(reply: Reply) -> _Place:
    return reply.ask.api.contract.api, reply.ask.resource.name


def _looks_right(reply: Reply, id: str | None) -> bool:
    """A quick look: the status, the media type, the kind of value in the body, the id that was asked for, or
    that there is one.

    What does not pass is looked at properly, so it may be too strict.
    """
    answer, ask = reply.answer, reply.ask
    if answer.status not in ask.right:
        return False
    if answer.status in ask.also or _may_be_empty(ask.kind, answer.status, answer.body):
        return True
    if not answer.headers.get("content-type", "").startswith("application/json"):
        return False
    if id is not None:
        return identity(reply.json) == id
    body = reply.json
    if ask.kind is Kind.LIST:
        return isinstance(body, list) and all(identity(each) is not None for each in body)
    if ask.kind is Kind.CREATE and not (answer.status == 200 and ask.resource.answers_at_once):
        return identity(body) is not None
    return isinstance(body, dict)
