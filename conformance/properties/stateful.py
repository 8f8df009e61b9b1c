"""Sequences: Schemathesis follows the links of a resource, and a model says what each answer has to show.

The model is what the target itself said: what the answer to the last change showed of an attribute, retrieve
and list show too. So nobody is blamed for trimming a text or for filling in a default.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from tmfrig.conformance.allowance import TimeIsUp
from tmfrig.conformance.api import Api
from tmfrig.conformance.check import Skipped, Violation
from tmfrig.conformance.checks.retrieving import SETTLING
from tmfrig.conformance.checks.samples import texts
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import describe_answer, same_json, show
from tmfrig.conformance.instance import created_by, identity
from tmfrig.conformance.properties.budget import Budget
from tmfrig.conformance.properties.document import Bounds, document
from tmfrig.conformance.properties.drawing import loaded, settings_of
from tmfrig.conformance.properties.finding import crash
from tmfrig.specs import Kind, Resource

if TYPE_CHECKING:
    from schemathesis import Case
    from schemathesis.core.transport import Response

_STEPS: Final = 8
_MOST_SEQUENCES: Final = 60
_MOST_TEXTS: Final = 4
_GONE: Final = frozenset({404, 410})


class _Enough(Exception):  # noqa: N818 - ends the exploration, is no fault
    """The budget is spent, or something was found."""


@dataclass
class Sequences:
    """Sequences of requests about one resource, judged as they go. `found` is the first thing wrong."""

    api: Api
    resource: Resource
    budget: Budget
    found: Violation | None = None
    sent: int = 0
    model: dict[str, dict[str, Any]] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    history: dict[str, list[str]] = field(default_factory=dict)

    @property
    def attributes(self) -> list[str]:
        """The texts of a client's choice that are set, changed and looked at."""
        patched = self.resource.patching.attributes if self.resource.patching else {}
        mine = [name for name in texts(self.resource) if name in patched or not patched]
        return mine[:_MOST_TEXTS]

    def explore(self) -> None:
        """Follow links until the budget is spent or something is wrong."""
        import hypothesis
        from schemathesis import GenerationMode
        from schemathesis.core.transport import Response
        from schemathesis.generation.stateful import run_state_machine_as_test

        bounds = Bounds({}, depth=1, seed=self.api.seed, only=frozenset(self.attributes))
        description = document(self.api.contract, self.resource, bounds)
        for path in description["paths"].values():
            for operation in path.values():
                operation["parameters"] = [each for each in operation["parameters"] if each["in"] == "path"]
        schema = loaded(description)
        schema.config.generation.update(modes=[GenerationMode.POSITIVE])
        sequences = self

        class Machine(schema.as_state_machine()):  # type: ignore[misc]
            def call(self, case: Case[Any], **kwargs: Any) -> Response:
                return _as_response(Response, case, sequences.step(case))

            def validate_response(
                self, response: Response, case: Case[Any], *others: Any, **kwargs: Any
            ) -> None:
                """Judged already."""

        seed = random.Random(f"{self.api.seed} {self.resource.name} sequences").getrandbits(64)
        settings = settings_of(_MOST_SEQUENCES, stateful_step_count=_STEPS)
        Machine._hypothesis_internal_use_seed = seed
        try:
            run_state_machine_as_test(Machine, settings=settings)
        except (_Enough, hypothesis.errors.Flaky):
            return

    def step(self, case: Case[Any]) -> Exchange:
        """Carry out one step; raises _Enough where it is the last."""
        if self.budget.is_spent or self.found is not None:
            raise _Enough
        try:
            answer = self._taken(case)
        except (TimeIsUp, Skipped):
            raise _Enough from None
        except Violation as problem:
            self.found = problem
            raise _Enough from None
        self.sent += 1
        return answer

    def _taken(self, case: Case[Any]) -> Exchange:
        kind = Kind(case.operation.definition.raw["operationId"])
        id = unquote(str(case.path_parameters.get("id", "")))
        match kind:
            case Kind.CREATE:
                return self._create(_texts_of(case))
            case Kind.PATCH:
                return self._patch(id, _texts_of(case))
            case Kind.RETRIEVE:
                return self._retrieve(id)
            case Kind.DELETE:
                return self._delete(id)
            case Kind.LIST:
                return self._list()

    # ── steps ───────────────────────────────────────────────────────────────────────────────────────────────

    def _create(self, texts: dict[str, Any]) -> Exchange:
        body = self.api.payload(self.resource) | texts
        answer = self._sound(self.api.create(self.resource, body, label=self._label("POST", texts)))
        made = created_by(answer, self.resource)
        if made is not None:
            self.budget.objects -= 1
            self.history[made.id] = ["POST"]
            self.model[made.id] = {name: made.body.get(name) for name in self.attributes if made.body}
        return answer

    def _patch(self, id: str, texts: dict[str, Any]) -> Exchange:
        label = self._label("PATCH", texts)
        answer = self._sound(self.api.patch(self.resource, id, texts, label=label, intent=Intent.OPEN))
        if id not in self.model or not answer.ok:
            return answer
        self.history[id].append(f"PATCH of {', '.join(texts) or 'nothing'}")
        shown = next(iter(answer.representations), None)
        if shown is None:
            self.model[id] = {}
            return answer
        untouched = {name: value for name, value in self.model[id].items() if name not in texts}
        self._agrees(id, untouched, answer, shown)
        self.model[id] |= {name: shown.get(name) for name in texts}
        # Links lead to a look at it only now and then.
        self._retrieve(id)
        return answer

    def _retrieve(self, id: str) -> Exchange:
        label = self._label("GET", {})

        def ask() -> Exchange:
            return self.api.retrieve(self.resource, id, label=label, intent=Intent.OPEN)

        answer = self._sound(ask())
        if id in self.deleted:
            gone = answer.status in _GONE or self._soon(ask, lambda now: now.status in _GONE)
            if not gone:
                self._wrong(id, answer, f"answered {answer.status} for what was deleted", "404")
        elif id in self.model:
            if not answer.ok and not self._soon(ask, lambda now: now.ok):
                self._wrong(id, answer, f"answered {answer.status}", "200 with what was created")
            settled = self._settled(id, answer, ask)
            for shown in settled.representations:
                self._agrees(id, self.model[id], settled, shown)
        return answer

    def _list(self) -> Exchange:
        def ask() -> Exchange:
            return self.api.list(self.resource, label=f"GET {self.resource.path}", intent=Intent.OPEN)

        def is_right(now: Exchange) -> bool:
            return all(
                id not in self.deleted and _same(self.model.get(id, {}), body)
                for body in now.representations
                if (id := identity(body) or "")
            )

        answer = self._sound(ask())
        if is_right(answer) or self._soon(ask, is_right):
            return answer
        for body in answer.representations:
            id = identity(body) or ""
            if id in self.deleted:
                self._wrong(id, answer, f"the list shows {id}, which was deleted", "a list without it")
            self._agrees(id, self.model.get(id, {}), answer, body)
        return answer

    def _delete(self, id: str) -> Exchange:
        label = self._label("DELETE", {})
        answer = self._sound(self.api.delete(self.resource, id, label=label, intent=Intent.OPEN))
        if id in self.model and answer.ok:
            self.history[id].append("DELETE")
            del self.model[id]
            if answer.outcome is not None or answer.status in (200, 204):
                self.deleted.add(id)
        return answer

    # ── judging ─────────────────────────────────────────────────────────────────────────────────────────────

    def _sound(self, answer: Exchange) -> Exchange:
        symptom = crash(answer)
        if symptom is not None:
            raise Violation(
                f"{answer.label}: {symptom.sentence}", symptom.expected, describe_answer(answer), answer
            )
        return answer

    def _settled(self, id: str, answer: Exchange, ask: Any) -> Exchange:
        def is_right(now: Exchange) -> bool:
            return all(_same(self.model[id], body) for body in now.representations)

        return answer if is_right(answer) else self.api.wait_until(ask, is_right, within=SETTLING) or answer

    def _soon(self, ask: Any, holds: Any) -> bool:
        return self.api.wait_until(ask, holds, within=SETTLING) is not None

    def _agrees(self, id: str, wanted: dict[str, Any], answer: Exchange, shown: dict[str, Any]) -> None:
        for name, value in wanted.items():
            if not _equal(value, shown.get(name)):
                what = f"{name} is {show(shown.get(name))}, and was {show(value)}"
                self._wrong(id, answer, what, f"{name} {show(value)}")

    def _wrong(self, id: str, answer: Exchange, what: str, expected: str) -> None:
        steps = ", ".join(self.history.get(id, []))
        raise Violation(f"{answer.label}, after {steps}: {what}", expected, describe_answer(answer), answer)

    def _label(self, method: str, texts: dict[str, Any]) -> str:
        path = self.resource.path + ("" if method == "POST" else "/{id}")
        return f"{method} {path}{' with ' if texts else ''}{', '.join(texts)}"


def _texts_of(case: Case[Any]) -> dict[str, Any]:
    """The attributes that a case sets."""
    return dict(case.body) if isinstance(case.body, dict) else {}


def _same(wanted: dict[str, Any], shown: dict[str, Any]) -> bool:
    return all(_equal(value, shown.get(name)) for name, value in wanted.items())


def _equal(one: Any, other: Any) -> bool:
    return not (one or other) or same_json(one, other)


def _as_response(kind: type[Response], case: Case[Any], answer: Exchange) -> Response:
    """The answer as Schemathesis follows it; a 202 whose outcome is known as what it came to."""
    import requests

    told = answer.outcome or answer
    status = 201 if answer.method == "POST" and answer.outcome is not None else told.status
    headers = {name: [value] for name, value in told.headers.items()}
    request = requests.Request(answer.method, answer.url).prepare()
    return kind(status, headers, told.body, request, answer.seconds, verify=False)
