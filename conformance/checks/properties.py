"""Property tests: what holds for every body and every query, tried with many that nobody thought of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from tmfrig.conformance.api import Api, Instance
from tmfrig.conformance.check import MUST, SHOULD, Suite, check, skip
from tmfrig.conformance.checks.refusing import put_away
from tmfrig.conformance.checks.shared import once_per_api
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.properties.budget import Budget
from tmfrig.conformance.properties.exploration import Exploration, Judge, Question
from tmfrig.conformance.properties.exploring import Broken, place_of
from tmfrig.conformance.properties.finding import (
    Finding,
    Symptom,
    crash,
    is_mandatory,
    misrepresentation,
    reported,
    taken_over,
)
from tmfrig.conformance.properties.stateful import Sequences
from tmfrig.conformance.properties.subject import explorer_of, naming, sent_to_create
from tmfrig.conformance.typed import TYPE
from tmfrig.specs import Kind, Resource, Schema

_SHOWN_VALUE = 20
_PATCHES_EACH = 12
"""So many patches go to one instance: after that it may be in a state in which all are refused."""


@check(
    "property.valid-bodies",
    MUST,
    "Whatever the contract allows in a create is accepted or refused, and never an error of the server.",
    source="the API's OpenAPI document, POST; rules HTTP-04, ENUM-01, ROB-01",
    on=Kind.CREATE,
    when=lambda resource: resource.creation is not None,
    suite=Suite.full,
    repeats=False,
)
def any_valid_body_is_answered_in_good_order(api: Api, resource: Resource) -> str:
    schema = _body_of(resource, Kind.CREATE)
    explorer = explorer_of(api, resource, schema.attributes)

    def send(body: Any) -> Exchange:
        said = naming([name for name in body if name not in resource.mandatory])
        label = f"POST {resource.path} with {said or 'the mandatory attributes'}"
        return sent_to_create(api, resource, body, label, Intent.OPEN)

    judge = _judge_of_valid_bodies(resource)
    exploration = Exploration(send, lambda: api.payload(resource), Budget(api, resource))
    exploration.explore(Question(body, judge, schema.accepts) for body in explorer.valid_bodies())
    return reported(exploration.findings, exploration.summary)


def _judge_of_valid_bodies(resource: Resource) -> Judge:
    return lambda body, answer: crash(answer) or misrepresentation(answer, resource.representation, body)


@check(
    "property.invalid-bodies",
    MUST,
    "A create that lacks what is mandatory or has a value that no enumeration lists is refused, and no wrong "
    "body is an error of the server.",
    source="the API's OpenAPI document, POST; rules HTTP-13, ENUM-01, ROB-02",
    on=Kind.CREATE,
    when=lambda resource: resource.creation is not None,
    suite=Suite.full,
    repeats=False,
)
def any_invalid_body_is_refused(api: Api, resource: Resource) -> str:
    answers = _answers_to_broken_bodies(api, resource)
    return reported(answers.wrong, answers.summary)


@check(
    "property.wrong-types",
    SHOULD,
    "A value of the wrong type is not stored as it is, wherever in a create it stands.",
    source="the API's OpenAPI document, 400; rules HTTP-12, POLY-05, ROB-02",
    on=Kind.CREATE,
    when=lambda resource: resource.creation is not None,
    suite=Suite.full,
    repeats=False,
)
def no_value_of_the_wrong_type_is_stored(api: Api, resource: Resource) -> str:
    answers = _answers_to_broken_bodies(api, resource)
    return reported(answers.doubtful, answers.summary)


@check(
    "property.patches",
    MUST,
    "Whatever a patch says is accepted or refused, and no value that an enumeration does not list is stored.",
    source="the API's OpenAPI document, PATCH; rules HTTP-08, ENUM-01, ROB-02",
    on=Kind.PATCH,
    when=lambda resource: resource.patching is not None and Kind.CREATE in resource.operations,
    suite=Suite.full,
    repeats=False,
)
def any_patch_is_answered_in_good_order(api: Api, resource: Resource) -> str:
    schema = _body_of(resource, Kind.PATCH)
    explorer = explorer_of(api, resource, schema.attributes)
    patched = _Patched(api, resource)

    def send(body: Any) -> Exchange:
        return patched.send(body, f"PATCH {resource.path}/{{id}} with {naming(list(body)) or 'nothing'}")

    judge_valid = _judge_of_valid_bodies(resource)

    def judge_broken(broken: Broken) -> Question:
        def judge(body: Any, answer: Exchange) -> Symptom | None:
            if answer.ok:
                # whatever became of it: what is judged next should not suffer from it
                patched.put_away()
            stored = broken.keyword == "enum" and taken_over(_as_broken(body, broken), answer)
            return crash(answer) or stored or None

        return Question(broken.body, judge, _asks_the_same(schema, broken))

    def questions() -> Iterator[Question]:
        broken = (each for each in explorer.broken_bodies(Kind.PATCH) if isinstance(each.body, dict))
        for body, wrong in zip(explorer.valid_bodies(Kind.PATCH), broken, strict=False):
            yield Question(body, judge_valid, schema.accepts)
            yield judge_broken(wrong)

    exploration = Exploration(send, dict, Budget(api, resource))
    exploration.explore(questions())
    patched.put_away()
    return reported(exploration.findings, exploration.summary)


@check(
    "property.queries",
    MUST,
    "No query of a list is an error of the server.",
    source="the API's OpenAPI document, parameters; rules ROB-03, PAGE-07, PAGE-08",
    on=Kind.LIST,
    suite=Suite.full,
    repeats=False,
)
def any_query_is_answered_in_good_order(api: Api, resource: Resource) -> str:
    explorer = explorer_of(api, resource, {})
    declared = {*resource.operations[Kind.LIST].query, *resource.attributes, "sort", "filter"}

    def send(body: Any) -> Exchange:
        said = naming([f"{name}={value[:_SHOWN_VALUE]}" for name, value in _pairs(body)])
        label = f"GET {resource.path} with {said or 'no parameter'}"
        return api.list(resource, _pairs(body), label=label, intent=Intent.OPEN)

    def shape(body: Any) -> frozenset[str]:
        names = [(name.partition("#"), name) for name in body]
        return frozenset(name if parts[0] in declared else f"*#{parts[2]}" for parts, name in names)

    exploration = Exploration(send, dict, Budget(api, resource), shape)
    exploration.explore(
        Question(_numbered(query), lambda _body, answer: crash(answer), lambda _body: True)
        for query in explorer.queries()
    )
    return reported(exploration.findings, exploration.summary)


@check(
    "property.stateful",
    MUST,
    "Whatever is created, patched and deleted in whatever order, retrieve and list show what the last "
    "change left.",
    source="TMF630 part 1, operations; rules CONS-01, CONS-02, HTTP-09, PATCH-01",
    on=Kind.RETRIEVE,
    when=lambda resource: resource.creation is not None and Kind.CREATE in resource.operations,
    suite=Suite.full,
    repeats=False,
)
def what_was_changed_last_is_shown(api: Api, resource: Resource) -> str:
    # a target that does not let us create one has nothing to show, and says so here
    api.instances(resource, 1)
    sequences = Sequences(api, resource, Budget(api, resource))
    if not sequences.attributes:
        skip(f"{resource.name} has no text of the client's choice that could be followed")
    sequences.explore()
    if sequences.found is not None:
        raise sequences.found
    return f"{sequences.sent} steps of sequences"


# ── bodies that are wrong ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Answers:
    """What came of bodies that break the contract: what has to be refused, and what should be."""

    wrong: list[Finding]
    doubtful: list[Finding]
    summary: str


@once_per_api
def _answers_to_broken_bodies(api: Api, resource: Resource) -> _Answers:
    """Explored once: two checks read it."""
    schema = _body_of(resource, Kind.CREATE)
    explorer = explorer_of(api, resource, schema.attributes)
    whole = api.payload(resource)
    doubtful: set[str] = set()

    def send(body: Any) -> Exchange:
        problem = schema.problems(body)[:1]
        label = f"POST {resource.path}{f', in which {problem[0]}' if problem else ''}"
        return sent_to_create(api, resource, body, label, Intent.INVALID)

    def question(broken: Broken) -> Question:
        owed = broken.keyword == "enum" or (
            broken.keyword == "required" and is_mandatory(resource, broken, whole)
        )

        def judge(body: Any, answer: Exchange) -> Symptom | None:
            symptom = crash(answer)
            if symptom is None and _is_counted(broken):
                symptom = taken_over(_as_broken(body, broken), answer)
                if symptom is not None and symptom.key is not None and not owed:
                    doubtful.add(symptom.key)
            return symptom

        return Question(broken.body, judge, _asks_the_same(schema, broken))

    exploration = Exploration(send, lambda: dict(whole), Budget(api, resource, shares=2))
    exploration.explore(map(question, explorer.broken_bodies()))
    findings = exploration.findings
    return _Answers(
        wrong=[each for each in findings if each.symptom.key not in doubtful],
        doubtful=[each for each in findings if each.symptom.key in doubtful],
        summary=exploration.summary,
    )


def _is_counted(broken: Broken) -> bool:
    # hints of types are read leniently by most, and an object without one is still understood
    named = broken.place[-1] if broken.place else None
    return named is not None and named not in (TYPE, "@baseType", "@schemaLocation")


def _as_broken(body: Any, broken: Broken) -> Broken:
    """The same break in a body that may have become smaller, where list elements have moved."""
    return Broken(body, broken.place, broken.keyword)


def _asks_the_same(schema: Schema, broken: Broken) -> Any:
    def may_go(body: Any) -> bool:
        if broken.place is None:
            return not schema.accepts(body)
        left = schema.problems(body)
        return len(left) == 1 and (place_of(left[0]), left[0].keyword) == (broken.place, broken.keyword)

    return may_go


def _body_of(resource: Resource, kind: Kind) -> Schema:
    schema = resource.creation if kind is Kind.CREATE else resource.patching
    return schema if schema is not None else skip(f"the contract describes no body for {kind}")


# ── patches and queries ─────────────────────────────────────────────────────────────────────────────────────


class _Patched:
    """Instances of our own that are patched, one after the other."""

    def __init__(self, api: Api, resource: Resource) -> None:
        self._api = api
        self._resource = resource
        self._instance: Instance | None = None
        self._left = 0

    def send(self, body: Any, label: str) -> Exchange:
        """Patch the present instance, or the next where it has had its share."""
        if self._instance is None or self._left <= 0:
            self.put_away()
            self._instance, self._left = self._api.fresh(self._resource), _PATCHES_EACH
        self._left -= 1
        return self._api.patch(self._resource, self._instance.id, body, label=label, intent=Intent.OPEN)

    def put_away(self) -> None:
        """Delete the present one."""
        if self._instance is not None:
            put_away(self._api, self._resource, self._instance.exchange)
        self._instance = None


def _numbered(query: str) -> dict[str, str]:
    """The pairs of a query with each name counted, so that one and the same may be there twice."""
    found: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        count = sum(each.rpartition("#")[0] == name for each in found)
        found[f"{name}#{count}"] = value
    return found


def _pairs(numbered: dict[str, str]) -> list[tuple[str, str]]:
    return [(name.rpartition("#")[0], value) for name, value in numbered.items()]
