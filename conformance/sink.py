"""The event sink: an HTTP receiver on a real port, to which the target's notifications come.

Every subscription has a callback path of its own, so that checks do not see each other's events; what follows
that path is free, as the standard leaves open whether a sender adds "/listener/{event}".
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import secrets
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import replace
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from httpx2 import Headers

from tmfrig.conformance.allowance import Allowance
from tmfrig.conformance.exchange import Notification
from tmfrig.conformance.failure import CommandError
from tmfrig.conformance.recorder import Recorder
from tmfrig.conformance.subscription import Patience, Subscription
from tmfrig.specs import Contract, EventType

__all__ = ["Sink", "SinkError", "Subscription", "address_towards"]

CREATED, NO_CONTENT = 201, 204
LARGEST_BODY = 8 * 2**20

_Scope: TypeAlias = MutableMapping[str, Any]
_Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
_Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class SinkError(CommandError):
    """The receiver cannot listen where it was told to; the message is one line."""


class Sink:
    """The receiver. `host` and `port` are where it listens (port 0: any free one), `public_url` how the
    target reaches that when it is something else, for instance through a tunnel."""

    def __init__(
        self,
        recorder: Recorder,
        host: str,
        port: int = 0,
        public_url: str | None = None,
        allowance: Allowance | None = None,
    ) -> None:
        self.allowance = allowance or Allowance()
        self.arrived = threading.Condition()
        self._patience: dict[tuple[str, str], Patience] = {}
        self._heard: dict[str, set[str]] = {}
        self._recorder = recorder
        self._subscriptions: dict[str, Subscription] = {}
        self._numbers = itertools.count(1)
        self._order = itertools.count(1)
        # Subscriptions of an earlier run, which a target may still serve, must not be taken for ours.
        self._run = secrets.token_hex(4)
        self._astray: list[str] = []
        self._socket = listening(host, port)
        self._loop = asyncio.new_event_loop()
        self._thread: threading.Thread | None = None
        self._server: Any = None
        shown = f"[{host}]" if ":" in host else host
        self.port: int = self._socket.getsockname()[1]
        self.url = (public_url or f"http://{shown}:{self.port}").rstrip("/")
        self._below = urlsplit(self.url).path

    def start(self) -> None:
        """Begin to receive, in a thread of its own."""
        import uvicorn

        # What senders do wrong is theirs to see in the answers, not the user's on the terminal.
        logging.getLogger("uvicorn.error").addHandler(logging.NullHandler())
        config = uvicorn.Config(
            self._app,
            interface="asgi3",
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
        )
        self._server = uvicorn.Server(config)
        run = self._server.serve(sockets=[self._socket])
        self._thread = threading.Thread(
            target=lambda: self._loop.run_until_complete(run), name="sink", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Receive no more."""
        if self._thread is not None:
            self._server.should_exit = True
            self._server.force_exit = True
            self._thread.join(timeout=2.0)
        self._socket.close()

    def open(self, contract: Contract, still_there: Callable[[], None]) -> Subscription:
        """A new callback. `still_there` raises when the target no longer answers."""
        subscription = Subscription(self, f"{self._run}/{next(self._numbers)}", contract, still_there)
        with self.arrived:
            self._subscriptions[subscription.id] = subscription
        return subscription

    def forget(self, subscription: Subscription) -> None:
        """Take no more notifications for this subscription."""
        with self.arrived:
            self._subscriptions.pop(subscription.id, None)

    def patience(self, contract: Contract, change: str = "") -> Patience:
        """How long it is worth to wait for notifications of an API, or for those of one kind of change."""
        return self._patience.setdefault((contract.key, change), Patience())

    def event_types(self, contract: Contract) -> frozenset[str]:
        """The declared event types of an API that came so far, whoever waited for them."""
        with self.arrived:
            return frozenset(self._heard.get(contract.key, ()))

    def hint(self, contract: Contract) -> str:
        """What else is known when a notification is missing."""
        if self.patience(contract).heard:
            return ""
        if self._astray:
            return f"; something came to {self._astray[0]} instead"
        return "; nothing at all has come there so far (--callback-host says where the target can reach us)"

    async def _app(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        if scope["type"] != "http":
            return
        body = await _body(receive)
        status = 413 if body is None else self._take(scope, body)
        answer = b"{}" if status == CREATED else b""
        described = (
            [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
            if status != NO_CONTENT
            else []
        )
        await send({"type": "http.response.start", "status": status, "headers": described})
        await send({"type": "http.response.body", "body": answer})

    def _take(self, scope: _Scope, body: bytes) -> int:
        path = scope["path"].removeprefix(self._below)
        with self.arrived:
            subscription = self._subscriptions.get("/".join(path.split("/")[1:3]))
            if scope["method"] != "POST":
                # Some senders look at a callback before they accept it.
                return 200 if scope["method"] in ("GET", "HEAD", "OPTIONS") else 405
            if subscription is None:
                if not path.startswith(f"/{self._run}/") and len(self._astray) < 10:
                    self._astray.append(scope["path"])
                return 404
            self.patience(subscription.contract).heard = True
            raw = scope.get("raw_path", scope["path"].encode()).decode("latin-1").removeprefix(self._below)
            query = scope.get("query_string", b"").decode("latin-1")
            notification = Notification(
                contract=subscription.contract,
                order=next(self._order),
                received=time.monotonic(),
                subscription=subscription.id,
                method="POST",
                url=f"{subscription.callback}{raw[len(subscription.id) + 1 :]}{'?' if query else ''}{query}",
                path=path[len(subscription.id) + 1 :],
                headers=Headers(scope["headers"]),
                body=body,
            )
            usual = subscription.usual or _success(notification)
            answered = subscription.answers.popleft() if subscription.answers else usual
            notification = replace(notification, answered=answered)
            if notification.declared is not None:
                self.patience(subscription.contract, notification.declared.change).heard = True
                self._heard.setdefault(subscription.contract.key, set()).add(notification.declared.name)
            self._recorder.received(notification)
            subscription.take(notification)
        return notification.answered


def _success(notification: Notification) -> int:
    """What the contract has a listener answer when all is well (rule EVT-06)."""
    declared = notification.declared
    return usual_answer([declared] if declared else notification.contract.events.values())


def usual_answer(events: Iterable[EventType]) -> int:
    """The status with which a contract has these events answered when all is well (rule EVT-06)."""
    declared = {
        int(each) for event in events for each in event.statuses if each.isdigit() and each.startswith("2")
    }
    return min(declared, default=CREATED)


async def _body(receive: _Receive) -> bytes | None:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY or message["type"] == "http.disconnect":
            return None
        if not message.get("more_body"):
            return bytes(body)


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there; SinkError where that is not possible."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)  # from now on nobody is refused, however long the server takes to start
    except OSError as problem:
        raise SinkError(
            f"cannot listen for notifications on {host}:{port}: {problem.strerror or problem}"
        ) from None
    return listener


def address_towards(host: str, port: int) -> str:
    """Our own address as a target at `host` most likely sees it: loopback for a local one, else that of the
    interface through which packets to it leave. Falls back to 127.0.0.1."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((host, port))  # sends nothing: UDP only chooses a route
            return str(probe.getsockname()[0])
    except (OSError, UnicodeError):
        return "127.0.0.1"
