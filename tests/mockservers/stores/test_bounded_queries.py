"""What a query may cost: no more than the data is large, whatever is asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from store_acts import Place, added, ids

from tmfrig.mockservers.exchange import DEEPEST_BODY
from tmfrig.mockservers.jsonpath import expression
from tmfrig.mockservers.patterns import compiled
from tmfrig.mockservers.store import Store

PATTERNS = [
    "^(a+)+$",
    "^(a|a)*$",
    "(a|aa)+b",
    "(.*a){20}b",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    r"(\w+\s*)*!!",
    "(x+x+)+y",
    "a*" * 200 + "b",
    "(a?){200}a{200}b",
    "(?:(?:(?:a*)*)*)*b",
]
"""Patterns that keep an engine busy that backtracks."""
EXPRESSIONS = [
    "$[?(@..nothing)]",
    "$..[?(@.nothing)]",
    "$[?(@..[?(@.id=='nothing')])]",
    "$[?(count(@..id)==12345)]",
    "$[?(count(@.*.*.*.*)==12345)]",
    "$[?(@.*[?(@.*[?(@.*[?(@.nothing)])])])]",
    "$[?(@.parts[?(@.parts[?(@.parts[?(@.nothing)])])])]",
    "$[?(@.parts[*].parts[*].parts[*].nothing)]",
    "$[?(@.parts[::-1].parts[1:].nothing)]",
]
"""Expressions that look everywhere, and find nothing."""


class Watched(dict[str, Any]):
    """An object that counts how often something is looked up in it or in what is below."""

    looks = 0

    def _seen(self) -> None:
        Watched.looks += 1

    def __getitem__(self, key: str) -> Any:
        self._seen()
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self._seen()
        return super().__contains__(key)

    def __iter__(self) -> Iterator[str]:
        self._seen()
        return super().__iter__()

    def get(self, key: str, default: Any = None) -> Any:
        self._seen()
        return super().get(key, default)

    def items(self) -> Any:
        self._seen()
        return super().items()

    def values(self) -> Any:
        self._seen()
        return super().values()


def _tree(depth: int, width: int) -> Watched:
    parts = [_tree(depth - 1, width) for _ in range(width)] if depth else []
    return Watched(id=f"{depth}", state="held", parts=parts)


def _looks(text: str, body: Watched) -> int:
    Watched.looks = 0
    found = expression(text)
    assert not found.selects([body])
    return Watched.looks


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_an_expression_looks_at_each_value_as_often_however_many_there_are(text: str) -> None:
    few, many = (_looks(text, _tree(4, width)) for width in (3, 6))
    nodes = [sum(width**level for level in range(5)) for width in (3, 6)]
    assert 0 < few <= 30 * nodes[0]
    # as much more as there are more nodes
    assert many / few <= 1.2 * nodes[1] / nodes[0]


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_an_expression_looks_at_each_value_as_often_however_deep_it_is(text: str) -> None:
    few, many = (_looks(text, _tree(depth, 1)) for depth in (20, 80))
    assert many <= 30 * 81
    assert many <= max(5 * few, 200)


def _time(work: Callable[[], object]) -> float:
    """Seconds of the processor, at least."""
    taken = []
    for _ in range(5):
        before = time.process_time()
        work()
        taken.append(time.process_time() - before)
    return min(taken)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_takes_as_much_longer_as_a_text_is_longer(pattern: str) -> None:
    found = compiled(pattern).found_in
    short, long = "a" * 2_000 + "!", "a" * 32_000 + "!"
    assert not found(short)
    ratio = _time(lambda: found(long)) / _time(lambda: [found(short) for _ in range(16)])
    # where each letter is tried with each other one it would be 16
    assert ratio < 6


def test_stores_answer_what_could_keep_them_busy(place: Place) -> None:
    async def act(store: Store) -> None:
        deep: dict[str, Any] = {"id": "end"}
        for _ in range(DEEPEST_BODY // 2 - 2):
            deep = {"id": "part", "parts": [deep]}
        await store.commit(
            added("1", name="a" * 20_000 + "!", remark=deep),
            added("2", name="!!", remark=[[]]),
        )
        for pattern in PATTERNS:
            for query in (
                f"name.regex={quote(pattern, safe='')}",
                f"filter={quote(f'$[?search(@.name,{pattern!r})]', safe='')}",
            ):
                found = await ids(store, f"{query}&sort=-name")
                assert found == {r"(\w+\s*)*!!": "2"}.get(pattern, ""), query
        for text in EXPRESSIONS:
            assert await ids(store, f"filter={quote(text, safe='')}&sort=name") == ""

    place.run(act)
