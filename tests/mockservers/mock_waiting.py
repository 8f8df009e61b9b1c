"""Waiting for something to become true, with a deadline instead of a guess."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(probe: Callable[[], T], seconds: float = 15.0) -> T:
    """What the probe returns once that is truthy; the test fails when it is not in time."""
    deadline = time.monotonic() + seconds
    while not (found := probe()):
        assert time.monotonic() < deadline, f"not so within {seconds} s: {probe.__doc__ or probe}"
        time.sleep(0.01)
    return found
