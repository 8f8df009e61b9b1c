"""Faults that show on the wire: an answer that was right is altered on its way out.

Most of them are a function, declared with `altering`. What needs more is a subclass of `Altered` with an
`altered` of its own, declared with `fault`; it begins with `super().altered(answer)` so that several faults
add up.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import orjson

from tmfrig.mockservers.engine import ROUTING
from tmfrig.mockservers.errors import ApiError
from tmfrig.mockservers.exchange import Exchange, Header
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.store import Body
from tmfrig.specs import API_IDS, Contract, Kind, Operation, Resource, standard_contract


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is about to be sent. It is altered by making another one of it."""

    status: int
    body: bytes
    headers: tuple[Header, ...]

    @property
    def is_success(self) -> bool:
        """Whether it is a 2xx."""
        return 200 <= self.status < 300

    @property
    def is_error(self) -> bool:
        """Whether it is a 4xx or 5xx."""
        return self.status >= 400

    @property
    def json(self) -> Any:
        """The parsed body, None where there is none or it is no JSON. It may be changed freely."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None

    def header(self, name: bytes) -> bytes | None:
        """A header's value by its name in lower case, None where it is absent."""
        return next((value for each, value in self.headers if each.lower() == name), None)

    def with_status(self, status: int) -> Answer:
        """The same with another status."""
        return replace(self, status=status)

    def with_body(self, body: bytes) -> Answer:
        """The same with other bytes; Content-Length is worked out when it is sent."""
        return replace(self, body=body)

    def with_json(self, value: Any) -> Answer:
        """The same with another body."""
        return self.with_body(orjson.dumps(value))

    def with_error(self, error: ApiError) -> Answer:
        """An error in place of it; its headers stay."""
        return self.with_status(error.status).with_body(error.body)

    def without(self, *names: str) -> Answer:
        """The same without some attributes of every resource of its body."""
        return self.with_each(lambda body: {name: value for name, value in body.items() if name not in names})

    def with_each(self, change: Callable[[Body], Body]) -> Answer:
        """The same with every resource of its body changed: the one that it shows, or each of a list."""
        value = self.json
        if isinstance(value, list):
            return self.with_json([change(each) if isinstance(each, dict) else each for each in value])
        return self.with_json(change(value)) if isinstance(value, dict) else self

    def with_header(self, name: bytes, value: bytes) -> Answer:
        """The same with a header (name in lower case) in place of any of that name."""
        return replace(self, headers=(*self.without_header(name).headers, (name, value)))

    def without_header(self, name: bytes) -> Answer:
        """The same without the headers of a name (in lower case)."""
        return replace(self, headers=tuple(each for each in self.headers if each[0].lower() != name))


class Altered(Exchange):
    """An exchange whose answer passes `altered` before it is sent."""

    async def answer(self, status: int, body: bytes, headers: Iterable[Header]) -> None:
        """Send what becomes of the answer."""
        altered = self.altered(Answer(status, body, tuple(headers)))
        await super().answer(altered.status, altered.body, altered.headers)

    def altered(self, answer: Answer) -> Answer:
        """What is sent in place of an answer."""
        return answer

    @property
    def operation(self) -> Operation | None:
        """The operation of a TMF API that is answered.

        None for the admin API, the COM's own, and where nothing is routed (as for a 405).
        """
        found = _operation(self)
        return None if found is None else found[1]

    @property
    def contract(self) -> Contract | None:
        """The contract of `operation`."""
        found = _operation(self)
        return None if found is None else found[0]

    @property
    def kind(self) -> Kind | None:
        """What is done to a resource; None for the hub and where there is no `operation`."""
        return None if self.operation is None else self.operation.kind

    @property
    def resource(self) -> Resource | None:
        """The resource type that `kind` is done to."""
        found = _operation(self)
        return None if found is None or found[1].resource is None else found[0].resources[found[1].resource]

    @property
    def method(self) -> str:
        """The HTTP method, "GET"."""
        method: str = self.scope["method"]
        return method

    def asked(self, name: str) -> str | None:
        """A query parameter's value, None where it is not sent."""
        query = parse_qsl(self.query_string.decode("latin-1"), keep_blank_values=True)
        return next((value for each, value in query if each == name), None)


Alteration = Callable[[Altered, Answer], Answer]


def altering(
    name: str,
    role: str,
    sentence: str,
    *,
    rule: str,
    family: str,
    line: int = 4,
    on: Kind | Collection[Kind] | None = None,
    answered: str = "2",
) -> Callable[[Alteration], Alteration]:
    """Declare a fault that alters answers: the decorated function, whose docstring says how that comes about.

    It is called for answers whose status begins with `answered` ("2" for any success, "4", "201", "" for
    every answer) to the operations `on`; without them, to everything, the hub and paths that no contract has
    among it.
    """
    kinds = frozenset({on}) if isinstance(on, Kind) else frozenset(on or ())

    def declare(alteration: Alteration) -> Alteration:
        class Alters(Altered):
            def altered(self, answer: Answer) -> Answer:
                """What is sent in place of an answer."""
                answer = super().altered(answer)
                asked_for = not kinds or self.kind in kinds
                is_it = asked_for and str(answer.status).startswith(answered)
                return alteration(self, answer) if is_it else answer

        Alters.__name__, Alters.__doc__ = alteration.__name__, alteration.__doc__
        fault(name, role, sentence, rule=rule, family=family, line=line)(Alters)
        return alteration

    return declare


def _operation(exchange: Exchange) -> tuple[Contract, Operation] | None:
    routing = (exchange.scope.get("extensions") or {}).get(ROUTING) or {}
    return _operation_of(str(routing.get("operation_id") or ""))


@cache
def _operation_of(key: str) -> tuple[Contract, Operation] | None:
    """From the key under which Connexion routes an operation (see `operation_key`) to the operation."""
    api, _, rest = key.partition(".v")
    if api not in API_IDS:
        return None
    line, method, path = rest.split(".", 2)
    contract = standard_contract(api, int(line))
    return next(
        ((contract, each) for each in contract.operations if (each.method, each.path) == (method, path)), None
    )
