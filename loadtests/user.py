"""The user that all kinds of users are: a Locust user who asks the target's APIs, each request at its turn,
and every answer judged.

Importing this module imports Locust, which patches the interpreter.
"""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import Any

from gevent import GreenletExit  # type: ignore[import-untyped]
from locust import FastHttpUser
from locust.env import Environment

from tmfrig.conformance.mounting import MountedApi
from tmfrig.loadtests.asking import Ask, Reply
from tmfrig.loadtests.client import Answer, Channel
from tmfrig.loadtests.traffic import Traffic
from tmfrig.specs import Kind

IDLE = 1.0
"""How long a user who found nothing to do waits before looking again, in seconds."""
LONG = 4.0
"""A request that has waited so long, in seconds, when its user is stopped counts as one without an answer: at
the end of a run all have five."""
_TRIES = 20


class TmfUser(FastHttpUser):
    """A user of the target. Subclasses have Locust tasks, which call `ask` and `think`.

    `traffic` is what the users of the process share: our programs put it there; under `locust -f` the first
    user makes it, from the target file that `TMFRIG_TARGET` names, or from the host.
    """

    abstract = True
    explores = True
    """Whether what the target does not have is left out; else it is a failure."""
    host = "http://127.0.0.1"
    """Locust asks for one; requests go where `traffic` says."""
    thinks: tuple[float, float] = (1.0, 5.0)
    """How long such a user usually thinks between two requests, at least and at most, in seconds."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.traffic = traffic_of(environment)
        self._channels: dict[str, Channel] = {}
        self.has_asked = False
        self._in_vain = 0

    @classmethod
    def can_act(cls, traffic: Traffic) -> bool:
        """Whether the target has anything that such users ask for."""
        return True

    def wait_time(self) -> float:
        """Think between two tasks too. Where there was nothing to do, try another task; where that goes on,
        look again after a while."""
        if not self.has_asked:
            self._in_vain = (self._in_vain + 1) % _TRIES
            return 0.0 if self._in_vain else IDLE
        self.has_asked, self._in_vain = False, 0
        if not self.traffic.pace.open:
            self.traffic.pace.think(self.traffic.random.uniform(*self.thinks))
        return 0.0

    def on_stop(self) -> None:
        """Close what was opened."""
        for channel in self._channels.values():
            channel.close()

    def offered(self, api: str, resource: str, kind: Kind) -> bool:
        """Whether the target has an operation."""
        return self.traffic.ask(api, resource, kind) is not None

    def list(self, api: str, resource: str, query: Mapping[str, Any] | None = None) -> Reply | None:
        """Ask for a list; None where the target does not have it."""
        ask = self.traffic.ask(api, resource, Kind.LIST)
        reply = self.ask(ask, ask.path(query=dict(query or {}))) if ask else None
        if reply is not None and reply.ok:
            self.traffic.learn(reply)
        return reply

    def retrieve(self, api: str, resource: str, id: str, also: frozenset[int] = frozenset()) -> Reply | None:
        """Ask for one resource; None where the target does not have the operation."""
        ask = self.traffic.ask(api, resource, Kind.RETRIEVE, also)
        return self.ask(ask, ask.path(id), id=id) if ask else None

    def create(
        self,
        api: str,
        resource: str,
        body: dict[str, Any] | None = None,
        also: frozenset[int] = frozenset(),
    ) -> Reply | None:
        """Create a resource, from a body of one's own or a new one of the usual kind; None where the target
        does not have the operation, or there are enough objects."""
        ask = self.traffic.ask(api, resource, Kind.CREATE, also)
        content = body or (self.traffic.body(api, resource) if ask else None)
        if ask is None or content is None or not self.traffic.may_create():
            return None
        reply = self.ask(ask, ask.path(), self.traffic.written(content))
        if reply.ok:
            self.traffic.learn(reply)
        return reply

    def patch(
        self, api: str, resource: str, id: str, body: dict[str, Any], also: frozenset[int] = frozenset()
    ) -> Reply | None:
        """Change a resource; `also` are statuses beside success that are no failure."""
        ask = self.traffic.ask(api, resource, Kind.PATCH, also)
        return self.ask(ask, ask.path(id), self.traffic.written(body), id=id) if ask else None

    def delete(self, api: str, resource: str, id: str, also: frozenset[int] = frozenset()) -> Reply | None:
        """Remove a resource."""
        ask = self.traffic.ask(api, resource, Kind.DELETE, also)
        if ask is not None:
            self.traffic.forget(api, resource, id)
        return self.ask(ask, ask.path(id)) if ask else None

    def ask(self, ask: Ask, path: str, body: bytes | None = None, *, id: str | None = None) -> Reply:
        """Send one request when it is its turn; judge and count what comes."""
        traffic = self.traffic
        channel = self.channel(ask.api)
        self.has_asked = True
        due = traffic.pace.turn(type(self).__name__)
        sent = traffic.meter.waiting[self] = perf_counter()
        try:
            answer = channel.send(ask.method, path, body)
        except GreenletExit:
            ended = perf_counter()
            if ended - sent >= LONG:
                # who hangs must not pass for somebody who was never asked
                given_up = Answer(0, {}, b"", sent, ended, "none when the user had to leave")
                self._count(ask, path, body, due, given_up, id)
            raise
        finally:
            del traffic.meter.waiting[self]
        return self._count(ask, path, body, due, answer, id)

    def _count(
        self, ask: Ask, path: str, body: bytes | None, due: float, answer: Answer, id: str | None
    ) -> Reply:
        traffic = self.traffic
        reply = Reply(ask, path, body, answer)
        if self.explores and traffic.found_missing(reply):
            reply.trouble = f"not offered: answered {answer.status}"
        else:
            reply.trouble = traffic.answers.judge(reply, id)
            traffic.meter.request(ask.name, due, answer.sent, answer.ended, reply.trouble)
        if traffic.heard is not None:
            traffic.heard(ask.name, answer, answer.ended - due, reply.trouble)
        return reply

    def channel(self, api: MountedApi) -> Channel:
        """The user's connection to an API."""
        name = api.contract.api
        channel = self._channels.get(name)
        if channel is None:
            channel = self._channels[name] = Channel(api.connection)
        return channel

    def think(self, least: float, most: float) -> None:
        """Do what people do between two requests, for so many seconds; in an open profile the schedule says
        when the next request comes."""
        self.traffic.pace.think(self.traffic.random.uniform(least, most))


def traffic_of(environment: Environment) -> Traffic:
    """What the users of an environment share."""
    traffic = getattr(environment, "tmfrig", None)
    if not isinstance(traffic, Traffic):
        from tmfrig.loadtests.locustfile import traffic_under_locust

        traffic = traffic_under_locust(environment)
        environment.tmfrig = traffic  # type: ignore[attr-defined]
    return traffic
