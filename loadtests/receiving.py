"""Event receivers: they register at the target's hubs, and tell how late notifications come.

Importing this module imports Locust, which patches the interpreter.
"""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import gevent  # type: ignore[import-untyped]
import orjson
from gevent.pywsgi import WSGIServer  # type: ignore[import-untyped]
from locust import task
from locust.env import Environment

from tmfrig.conformance.instance import id_in_url, identity
from tmfrig.conformance.mounting import MountedApi
from tmfrig.conformance.payloads import registration_of
from tmfrig.conformance.requesting import NOT_OFFERED
from tmfrig.conformance.sink import LARGEST_BODY, NO_CONTENT, SinkError, address_towards, listening
from tmfrig.loadtests.callback import Listener
from tmfrig.loadtests.client import Answer
from tmfrig.loadtests.traffic import Traffic
from tmfrig.loadtests.user import TmfUser

LEAVING = 3.0
"""How long all hubs together may take to let a receiver go, in seconds: a run does not wait for a target that
hangs."""
_Start = Callable[[str, list[tuple[str, str]]], object]
_REASONS = {200: "OK", 201: "Created", 204: "No Content", 404: "Not Found", 405: "Method Not Allowed",
            413: "Content Too Large"}  # fmt: skip


class Receiver:
    """Where notifications come to: one HTTP server for all event receivers of a process.

    SinkError where it cannot listen at the place that the target file names.
    """

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        self._listeners: dict[str, Listener] = {}
        place = traffic.callback
        host = place.host or _address_towards(traffic)
        listener = listening(host, place.port)
        # Head and body are written one after the other: who sends to us would wait 40 ms for the latter.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._server = WSGIServer(listener, self._answer, log=None, error_log=None)
        self._server.start()
        shown = f"[{host}]" if ":" in host else host
        self._url = (place.public_url or f"http://{shown}:{self._server.server_port}").rstrip("/")
        self._below = urlsplit(self._url).path

    def open(self, api: MountedApi) -> str:
        """A new callback for an API; its URL."""
        # what an earlier run has registered, and the target still serves, must not be taken for ours
        token = secrets.token_hex(6)
        traffic = self._traffic
        self._listeners[token] = Listener(api.contract, traffic.meter, traffic.profile.sample, traffic.random)
        return f"{self._url}/{token}"

    def forget(self, callback: str) -> None:
        """Take no more notifications there."""
        self._listeners.pop(callback.rpartition("/")[2], None)

    def close(self) -> None:
        """Listen no more."""
        self._server.stop(timeout=0)

    def _answer(self, environ: Mapping[str, Any], start: _Start) -> Iterable[bytes]:
        status = self._taken(environ)
        body = b"{}" if 200 <= status < 300 and status != NO_CONTENT else b""
        described = [] if status == NO_CONTENT else [("Content-Type", "application/json")]
        start(f"{status} {_REASONS.get(status, 'OK')}", [*described, ("Content-Length", str(len(body)))])
        return [body]

    def _taken(self, environ: Mapping[str, Any]) -> int:
        # what follows a callback is up to the target: /listener/productOrderCreateEvent, or nothing
        token = environ["PATH_INFO"].removeprefix(self._below).strip("/").partition("/")[0]
        listener = self._listeners.get(token)
        if environ["REQUEST_METHOD"] != "POST":
            return 200 if environ["REQUEST_METHOD"] in ("GET", "HEAD", "OPTIONS") else 405
        if listener is None:
            return 404
        body = environ["wsgi.input"].read(LARGEST_BODY + 1)
        return listener.take(body) if len(body) <= LARGEST_BODY else 413


class EventReceiver(TmfUser):
    """A system that hears of everything: it is registered at the hub of each API while it is there."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._registered: list[tuple[MountedApi, str, str | None]] = []

    @task
    def listen(self) -> None:
        """Nothing to do: notifications come by themselves."""

    def on_start(self) -> None:
        """Register."""
        try:
            receiver = receiver_of(self.traffic)
        except SinkError as problem:
            self.traffic.meter.trouble(("", "event receiver"), str(problem))
            return
        for api in self.traffic.apis.values():
            if api.contract.register is None or "hub" in api.capabilities.absent:
                self.traffic.not_offered[api.contract.api, "POST hub"] = "by the contract or the target file"
            else:
                self._register(api, receiver)

    def on_stop(self) -> None:
        """Give up what was registered, at all hubs at once."""
        gevent.joinall([gevent.spawn(self._unregister, *each) for each in self._registered], raise_error=True)
        self._registered.clear()
        super().on_stop()

    def _unregister(self, api: MountedApi, callback: str, id: str | None) -> None:
        if id is not None and api.contract.unregister is not None:
            path = api.contract.unregister.path.partition("{")[0] + quote(id, safe="")
            name = f"DELETE {api.contract.unregister.path.lstrip('/')}"
            self.channel(api).hurry(LEAVING)
            self._hub(api, "DELETE", path, name, (200, 204))
        receiver_of(self.traffic).forget(callback)

    def _register(self, api: MountedApi, receiver: Receiver) -> None:
        assert api.contract.register is not None
        callback = receiver.open(api)
        body = orjson.dumps(registration_of(api.contract, callback))
        answer = self._hub(
            api, "POST", api.contract.register.path, "POST hub", (200, 201, 202, *NOT_OFFERED), body
        )
        if answer.status in NOT_OFFERED:
            self.traffic.not_offered[api.contract.api, "POST hub"] = f"answered {answer.status}"
        if not 200 <= answer.status < 300:
            receiver.forget(callback)
            return
        self._registered.append((api, callback, _registration_in(answer)))

    def _hub(
        self,
        api: MountedApi,
        method: str,
        path: str,
        name: str,
        right: tuple[int, ...],
        body: bytes | None = None,
    ) -> Answer:
        """Send a request to the hub, which no schedule knows of, and count it."""
        channel = self.channel(api)
        answer = channel.send(method, path, body)
        trouble = answer.trouble or None
        if not trouble and answer.status not in right:
            trouble = f"{name}: answered {answer.status}, not {' or '.join(map(str, right[:2]))}"
        operation = (api.contract.api, name)
        self.traffic.meter.request(operation, answer.sent, answer.sent, answer.ended, trouble)
        if self.traffic.heard is not None:
            self.traffic.heard(operation, answer, answer.ended - answer.sent, trouble)
        return answer


_receivers: dict[Traffic, Receiver] = {}


def receiver_of(traffic: Traffic) -> Receiver:
    """The receiver of a process, which begins to listen when it is asked for; SinkError where it cannot."""
    if traffic not in _receivers:
        _receivers[traffic] = Receiver(traffic)
    return _receivers[traffic]


def close_receiver(traffic: Traffic) -> None:
    """Listen no more, if anybody did."""
    receiver = _receivers.pop(traffic, None)
    if receiver is not None:
        receiver.close()


def _registration_in(answer: Answer) -> str | None:
    try:
        said = orjson.loads(answer.body)
    except ValueError:
        said = None
    return identity(said) or id_in_url(answer.headers.get("location", ""))


def _address_towards(traffic: Traffic) -> str:
    """Our address as the first API of the target sees it."""
    return next((address_towards(*api.connection.address) for api in traffic.apis.values()), "127.0.0.1")
