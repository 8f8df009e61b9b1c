"""Shared: what is made once per API for all checks that judge it, as making it costs requests and time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import TypeVar, TypeVarTuple
from weakref import WeakKeyDictionary

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import CannotJudge, Skipped
from tmfrig.specs import Resource

Made = TypeVar("Made")
Wishes = TypeVarTuple("Wishes")

_TRY: ContextVar[int] = ContextVar("which try of a check this is", default=0)


@contextmanager
def another_try(number: int) -> Iterator[None]:
    """A check looks again: what it shares with others is made again too, once for each number."""
    before = _TRY.set(number)
    try:
        yield
    finally:
        _TRY.reset(before)


def once_per_api(
    make: Callable[[Api, Resource, *Wishes], Made],
) -> Callable[[Api, Resource, *Wishes], Made]:
    """What `make` makes for a resource at the first asking, and for each wish and each try one of its own.

    Where there is none, each asker is told why, without another try.
    """
    made: WeakKeyDictionary[Api, dict[tuple[object, ...], Made | CannotJudge | Skipped]] = WeakKeyDictionary()

    @wraps(make)
    def shared(api: Api, resource: Resource, *wishes: *Wishes) -> Made:
        known, key = made.setdefault(api, {}), (_TRY.get(), resource.name, *wishes)
        if key not in known:
            try:
                known[key] = make(api, resource, *wishes)
            except (CannotJudge, Skipped) as reason:
                known[key] = reason
        found = known[key]
        if isinstance(found, CannotJudge | Skipped):
            raise type(found)(*found.args)
        return found

    return shared
