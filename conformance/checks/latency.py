"""Latency: how long the operations took in this run; information, since no rule says how long they may."""

from __future__ import annotations

from collections.abc import Sequence

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import MAY, check, skip

_FIFTY, _NINETY_FIVE = 0.5, 0.95


@check(
    "latency.percentiles",
    MAY,
    "How long the operations took: half of the answers, 95 of 100, and the slowest.",
    source="asked by operators; rule SLO-01",
    scope="api",
)
def how_long_the_operations_took(api: Api) -> str:
    taken = api.latencies
    if not taken:
        skip("nothing was asked before this")
    told = (_told(operation, sorted(seconds)) for operation, seconds in sorted(taken.items()))
    return f"median, 95th percentile and longest in milliseconds: {'; '.join(told)}"


def _told(operation: str, seconds: Sequence[float]) -> str:
    figures = (percentile(seconds, _FIFTY), percentile(seconds, _NINETY_FIVE), seconds[-1])
    return f"{operation} {' / '.join(f'{1000 * each:.0f}' for each in figures)} ({len(seconds)} requests)"


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that is not below `share` of all, which are sorted (nearest rank)."""
    return ordered[max(0, -(-int(share * 100) * len(ordered) // 100) - 1)]
