"""Terms of documents: what is remembered to find them faster changes none, and stays small."""

from __future__ import annotations

import tracemalloc
from typing import Any

import orjson
import pytest

from tmfrig.mockservers.stores import terms
from tmfrig.mockservers.stores.terms import terms_of

_MEGABYTE = 1 << 20


@pytest.mark.parametrize("most", [1, 2, 3])
def test_they_are_the_same_when_names_are_forgotten_on_the_way(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(terms, "_MOST_NAMES", most)
    monkeypatch.setattr(terms, "_MOST_BELOW", most)
    body = {
        "state": "held",
        "a.b": {"id": "1", "state": "held"},
        "n\0l": [{"id": "1"}],
        "x" * 101: {"id": "1"},
        "place": {"id": "1", "site": {"id": "2"}, "c.d": {"id": "3"}, "zone": [[{"id": "4"}]]},
        "orderItem": [{"id": "1", "product": {"id": "5"}, "productOrderId": None}],
        "relatedParty": [[{"id": 6}], {"id": ["7"], "party": [{"id": "8"}, 9]}],
    }
    for _ in range(2):
        assert terms_of(body) == {
            ("state", "3held"),
            ("place.id", "31"),
            ("place.site.id", "32"),
            ("place.zone.id", "34"),
            ("orderItem.product.id", "35"),
            ("orderItem.productOrderId", "4"),
            ("relatedParty.id", terms.written(6)),
            ("relatedParty.id", terms.ODD),
            ("relatedParty.party.id", "38"),
        }


@pytest.mark.parametrize(
    "bodies",
    [
        [{f"{number}{'x' * 100_000}": {}} for number in range(100)],
        [{"place": {f"{number}{'x' * 100_000}": {}}} for number in range(100)],
        [{f"{outer:0100}": {f"{inner:0100}": {} for inner in range(500)}} for outer in range(60)],
    ],
    ids=["long names", "long names below one", "many names below many"],
)
def test_names_that_a_client_thinks_of_take_little_memory(bodies: list[dict[str, Any]]) -> None:
    requests = [orjson.dumps(each) for each in bodies]
    tracemalloc.start()
    try:
        for each in requests:
            terms_of(orjson.loads(each))
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 5 * _MEGABYTE
