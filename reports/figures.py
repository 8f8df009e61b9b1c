"""Figures of load as people read them: as many digits as are worth reading."""

from __future__ import annotations

UNKNOWN = "–"


def milliseconds(value: float | None) -> str:
    """A latency in milliseconds, without the unit; nothing takes no time at all: 0 was not measured."""
    if not value:
        return UNKNOWN
    return f"{value:.2f}" if value < 1 else f"{value:.1f}" if value < 10 else f"{value:,.0f}"


def seconds(value: float | None) -> str:
    """A duration in seconds, without the unit; 0 was not measured."""
    if not value:
        return UNKNOWN
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 10 else f"{value:,.1f}"


def rate(value: float | None) -> str:
    """So many per second, without the unit."""
    if value is None:
        return UNKNOWN
    return f"{value:.1f}" if value < 1_000 else f"{value:,.0f}"


def share(ratio: float | None) -> str:
    """A part of a whole in percent."""
    if ratio is None:
        return UNKNOWN
    if ratio <= 0:
        return "0 %"
    if ratio < 0.0001:
        return "<0.01 %"
    return f"{100 * ratio:.2f} %" if ratio < 0.01 else f"{100 * ratio:.1f} %"


def change(ratio: float | None) -> str:
    """By how much something changed, in percent with its sign; beyond ninefold as a multiple."""
    if ratio is None:
        return UNKNOWN
    if abs(ratio) < 0.005:
        return "0 %"
    return f"{100 * ratio:+.0f} %" if ratio < 9 else f"×{1 + ratio:,.0f}"
