"""How many of something an order wants, however its number is written."""

from __future__ import annotations

from typing import Any

import pytest

from tmfrig.mockservers.com.boundaries.ordering import read_order


def quantity(value: Any) -> int:
    item = {"id": "1", "action": "add", "quantity": value}
    return read_order({"id": "7", "productOrderItem": [item]}, "7").lines[0].quantity


@pytest.mark.parametrize(
    ("written", "meant"), [(1, 1), (3, 3), (2.0, 2), (0, 0), (-1, -1), (1e30, int(1e30))]
)
def test_a_number_is_what_it_says_whether_it_is_written_as_integer_or_not(written: Any, meant: int) -> None:
    assert quantity(written) == meant


@pytest.mark.parametrize("written", [None, True, "2", 1.5, [], {}])
def test_what_is_no_whole_number_says_nothing(written: Any) -> None:
    assert quantity(written) == 1
