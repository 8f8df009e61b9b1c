"""The user who sees what becomes of what was asked for.

In a closed profile that user waits and looks, as people do. In an open one nobody waits: whoever thinks
between two requests looks at what it is time to look at, so that the share of such looks does not depend on
how many users there are.
"""

from __future__ import annotations

import time
from typing import Any

import gevent  # type: ignore[import-untyped]

from tmfrig.conformance.exchange import ACCEPTED
from tmfrig.loadtests.asking import Reply
from tmfrig.loadtests.following import NOT_YET, Following, id_taken
from tmfrig.loadtests.user import TmfUser
from tmfrig.specs import Kind

PATIENCE = 60.0
"""For how long an order is looked at, in seconds."""
_TRIES = 20
_LOOKS = (1.0, 2.0)
_REST = 0.2
"""Also in a hurry, nobody looks at the same thing again so soon, in seconds."""


class Follower(TmfUser):
    """A user who asks for what takes its time."""

    abstract = True
    followed: tuple[str, ...] = ()
    """The APIs in which users of this kind look after what was asked for."""

    def follow(
        self, reply: Reply, within: float = PATIENCE, *, order: bool = False, measured: bool = False
    ) -> None:
        """See what becomes of what a create has brought, if it can be looked at.

        An `order` should be completed; how long that takes is counted where it is `measured`, after the
        warm-up.
        """
        measured = measured and self.traffic.meter.is_warm
        following = Following.of(reply, within, order=order, measured=measured)
        if following is None:
            return
        if measured:
            self.traffic.meter.accepted(following.key)
        if not self.offered(following.api, following.resource.name, Kind.RETRIEVE):
            return
        if self.traffic.pace.open:
            self._put_back(following)
            return
        try:
            while following.under_way:
                self.think(*_LOOKS)
                gevent.sleep(max(0.0, following.seen + _REST - time.perf_counter()))
                self._look(following)
        finally:
            self.traffic.under_way.close(following, self.traffic.meter)

    def made(self, reply: Reply | None) -> dict[str, Any] | None:
        """What a create has brought, with its id; None where it was refused, or nobody can find it.

        What was accepted (202) need not be there at once: it is waited for, for some seconds.
        """
        id = id_taken(reply) if reply is not None else None
        if reply is None or id is None:
            return None
        if reply.status != ACCEPTED:
            return {**next(iter(reply.resources), {}), "id": id}
        for _ in range(_TRIES):
            gevent.sleep(_REST)
            seen = self.retrieve(reply.ask.name[0], reply.ask.resource.name, id, NOT_YET)
            if seen is None:
                return None
            if seen.ok:
                return {**next(iter(seen.resources), {}), "id": id}
        return None

    def think(self, least: float, most: float) -> None:
        """Think; in an open profile, look at what it is time to look at."""
        super().think(least, most)
        for api in self.followed:
            while (following := self.traffic.under_way.due(api)) is not None:
                try:
                    self._look(following)
                finally:
                    self._put_back(following)

    def on_stop(self) -> None:
        """Nobody looks any more."""
        for api in self.followed:
            for following in self.traffic.under_way.left(api):
                self.traffic.under_way.close(following, self.traffic.meter)
        super().on_stop()

    def _put_back(self, following: Following) -> None:
        if following.under_way:
            self.traffic.under_way.add(following)
        else:
            self.traffic.under_way.close(following, self.traffic.meter)

    def _look(self, following: Following) -> None:
        reply = self.retrieve(following.api, following.resource.name, following.id, following.also)
        if reply is not None:
            following.see(reply.json if reply.ok else None, reply.answer.ended)
