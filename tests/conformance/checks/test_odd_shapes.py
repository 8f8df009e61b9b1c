"""Answers and notifications of any shape are judged, and make no check stumble."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import Any

import orjson
import pytest
from judging import judged_at

from tmfrig.mockservers.exchange import Exchange, Header
from tmfrig.mockservers.running import serving
from tmfrig.mockservers.wire import Answer, Wire
from tmfrig.specs import API_IDS, lines_of, standard_contract

ODD: list[Any] = [
    *(None, "text", "", 0, -1.5, True, [], {}, [None], ["a"], [[]], [{"id": "x"}]),
    *({"id": None}, {"id": 1}, {"a": {"b": [1]}}, "2020-13-45T99:99:99Z"),
]
EVERY = [(api, line) for api in API_IDS for line in lines_of(api)]
QUICK = {("TMF637", 5)}


def bent(value: Any, chance: random.Random, rate: float, *, at_top: bool = True) -> Any:
    """A value of which some parts are something else, and some are missing."""
    if not at_top and chance.random() < rate:
        return chance.choice(ODD)
    if isinstance(value, list):
        return [bent(each, chance, rate, at_top=False) for each in value]
    if isinstance(value, dict):
        kept = {name: each for name, each in value.items() if chance.random() > rate / 3}
        return {name: bent(each, chance, rate, at_top=False) for name, each in kept.items()}
    return value


@pytest.mark.parametrize("rate", [0.02, 0.15])
@pytest.mark.parametrize(
    ("api", "line"),
    [pytest.param(*each, marks=() if each in QUICK else pytest.mark.detection) for each in EVERY],
)
def test_no_check_stumbles_over_an_answer_of_an_odd_shape(
    api: str,
    line: int,
    rate: float,
    hurry: Callable[[float], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance = random.Random(f"{api}.{line}.{rate}")
    answer, request = Exchange.answer, Wire.request

    def odd(body: bytes) -> bytes:
        return orjson.dumps(bent(orjson.loads(body), chance, rate)) if body else body

    async def answer_oddly(self: Exchange, status: int, body: bytes, headers: Iterable[Header]) -> None:
        await answer(self, status, odd(body), headers)

    async def notify_oddly(*arguments: Any, body: bytes = b"", **others: Any) -> Answer:
        return await request(*arguments, body=odd(body), **others)

    monkeypatch.setattr(Exchange, "answer", answer_oddly)
    monkeypatch.setattr(Wire, "request", notify_oddly)
    hurry(0.2)
    with serving([api], lines=[line], dataset="telco", pace=0.02) as urls:
        results = judged_at(standard_contract(api, line), urls[api])  # fails where a check stumbles

    assert any(each.outcome == "failed" for each in results)
