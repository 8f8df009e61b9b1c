"""Minimising: the smallest part of a body that still brings the same answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar

from tmfrig.conformance.checks.places import Place, without, without_positions

MOST_REQUESTS: Final = 50
"""So often is a body that was answered wrongly sent again, at most, to make it smaller."""

Shown = TypeVar("Shown")


class Minimiser(Generic[Shown]):
    """Leaves out what makes no difference.

    `ask` sends a body and returns what shows that the finding is still there, None when it is not; `may_go`
    says whether a body may be sent at all, `goes_on` whether there is time.
    """

    def __init__(
        self,
        ask: Callable[[Any], Shown | None],
        may_go: Callable[[Any], bool],
        most: int = MOST_REQUESTS,
        goes_on: Callable[[], bool] = lambda: True,
    ) -> None:
        self._ask = ask
        self._may_go = may_go
        self._left = most
        self._goes_on = goes_on

    def minimise(self, body: dict[str, Any], base: Mapping[str, Any]) -> tuple[dict[str, Any], Shown] | None:
        """The smallest body that was found, and what shows it; None when it did not happen again.

        First what a plain body has is tried in place of what was drawn, then halves of the attributes go,
        then single ones, then what is inside them.
        """
        found = self._try(body)
        if found is None:
            return None
        for easier in (dict(base), {**base, **{k: v for k, v in body.items() if k not in base}}):
            shown = self._try(easier) if easier != body else None
            if shown is not None:
                body, found = easier, shown
                break
        for smaller in (self._fewer_attributes, self._fewer_places):
            body, found = smaller(body, found)
        return body, found

    def _fewer_attributes(self, body: dict[str, Any], found: Shown) -> tuple[dict[str, Any], Shown]:
        size = len(body) // 2
        while size:
            for names in _chunks(list(body), size):
                smaller = {name: value for name, value in body.items() if name not in names}
                shown = self._try(smaller)
                if shown is not None:
                    body, found = smaller, shown
            size //= 2
        return body, found

    def _fewer_places(self, body: dict[str, Any], found: Shown) -> tuple[dict[str, Any], Shown]:
        tried: set[Place] = set()
        while True:
            place = next((each for each in _places(body) if len(each) > 1 and each not in tried), None)
            if place is None:
                return body, found
            tried.add(place)
            smaller = without(body, place)
            shown = self._try(smaller)
            if shown is not None:
                body, found = smaller, shown

    def _try(self, body: Any) -> Shown | None:
        if self._left <= 0 or not self._goes_on() or not self._may_go(body):
            return None
        self._left -= 1
        return self._ask(body)


def shape_of(body: Any) -> frozenset[str]:
    """All places of a body, without positions: `productOrderItem.action`."""
    return frozenset(map(without_positions, _places(body)))


def _places(value: Any, before: Place = ()) -> Iterator[Place]:
    """Every place inside a value, outer ones first; of lists the last element before the first."""
    inside: list[tuple[Place, Any]] = []
    if isinstance(value, dict):
        inside = [((*before, name), each) for name, each in value.items()]
    elif isinstance(value, list):
        inside = [((*before, index), value[index]) for index in reversed(range(len(value)))]
    for place, _ in inside:
        yield place
    for place, each in inside:
        yield from _places(each, place)


def _chunks(names: Sequence[str], size: int) -> list[Sequence[str]]:
    return [names[start : start + size] for start in range(0, len(names), size)]
