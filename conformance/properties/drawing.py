"""Drawing with Schemathesis and Hypothesis: what all exploring rests on, free of what is explored.

Both are loaded when they are first used, as that takes a while.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from tmfrig.specs import Kind

if TYPE_CHECKING:
    import hypothesis
    from schemathesis import Case, GenerationMode
    from schemathesis.specs.openapi.schemas import OpenApiOperation, OpenApiSchema

_T = TypeVar("_T")


def loaded(description: dict[str, Any]) -> OpenApiSchema:
    """A document as Schemathesis has it, unmoved by configuration files that lie around."""
    import schemathesis
    from schemathesis.config import SchemathesisConfig

    return schemathesis.openapi.from_dict(description, config=SchemathesisConfig())


def settings_of(count: int, **others: Any) -> hypothesis.settings:
    """So many examples, drawn and no more: nothing is looked up, made smaller or found too slow."""
    import hypothesis

    return hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        derandomize=False,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
        **others,
    )


def drawn(strategy: Any, count: int, seed: str) -> list[Any]:
    """So many values of a Hypothesis strategy; the same for the same seed."""
    import hypothesis

    found: list[Any] = []

    @hypothesis.seed(random.Random(seed).getrandbits(64))
    @settings_of(count, verbosity=hypothesis.Verbosity.quiet)
    @hypothesis.given(strategy)
    def draw(value: Any) -> None:
        found.append(value)

    draw()
    return found


def query_of(case: Case[Any]) -> str:
    """The query string of a case, encoded."""
    import requests

    told = case.as_transport_kwargs(base_url="http://target.invalid")
    prepared = requests.Request("GET", told["url"], params=told.get("params")).prepare()
    return (prepared.url or "").partition("?")[2]


def operation_of(schema: OpenApiSchema, kind: Kind) -> OpenApiOperation:
    found: OpenApiOperation = schema.find_operation_by_id(kind.value)
    return found


def mode_of(name: str) -> GenerationMode:
    from schemathesis import GenerationMode

    return GenerationMode(name)


def in_turns(streams: Sequence[Iterator[_T]]) -> Iterator[_T]:
    """One of each stream after the other, until all have ended."""
    waiting = list(streams)
    while waiting:
        for stream in waiting[:]:
            found = next(stream, None)
            if found is None:
                waiting.remove(stream)
            else:
                yield found
