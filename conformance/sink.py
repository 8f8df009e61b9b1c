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
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import replace
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from httpx2 import Headers

from tmfrig.conformance.check import Violation
from tmfrig.conformance.exchange import Notification
from tmfrig.conformance.failure import CommandError
from tmfrig.conformance.recorder import Recorder
from tmfrig.specs import Contract

CREATED, NO_CONTENT = 201, 204
LARGEST_BODY = 8 * 2**20
FULL_WAIT = 10.0
"""How long a notification may take, in seconds, unless a check says otherwise."""

_Scope: TypeAlias = MutableMapping[str, Any]
_Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
_Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class SinkError(CommandError):
    """The receiver cannot listen where it was told to; the message is one line."""


class Subscription:
    """One callback of ours and what came there."""

    def __init__(self, sink: Sink, id: str, contract: Contract, still_there: Callable[[], None]) -> None:
        self.id = id
        self.contract = contract
        self.callback = f"{sink.url}/{id}"
        self._sink = sink
        self._still_there = still_there
        self._received: list[Notification] = []

    @property
    def received(self) -> tuple[Notification, ...]:
        """Everything that came so far, in order of arrival."""
        with self._sink.arrived:
            return tuple(self._received)

    def find(self, wanted: Callable[[Notification], bool], within: float = FULL_WAIT) -> Notification | None:
        """The first notification, already here or still to come, that `wanted` accepts; None when none came
        in time.

        TargetGone when none came because the target no longer answers.
        """
        if not self._sink.heard:
            within = min(within, self._sink.patience)
        deadline = time.monotonic() + within
        seen = 0
        with self._sink.arrived:
            while True:
                for notification in self._received[seen:]:
                    if wanted(notification):
                        return notification
                seen = len(self._received)
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                self._sink.arrived.wait(left)
        self._sink.waited_in_vain()
        self._still_there()
        return None

    def wait_for(
        self, wanted: Callable[[Notification], bool], what: str = "a notification", within: float = FULL_WAIT
    ) -> Notification:
        """As `find`, but a Violation when none came; `what` names it ("a ProductOrderCreateEvent for the
        order")."""
        found = self.find(wanted, within)
        if found is not None:
            return found
        got = [notification.event_type or "no eventType" for notification in self.received]
        others = (
            f"{len(got)} other{'s' if len(got) > 1 else ''}: {', '.join(dict.fromkeys(got))}"
            if got
            else "nothing"
        )
        raise Violation(f"{what} did not reach {self.callback}{self._sink.hint()}", what, others)

    def wait(self, beyond: int, within: float) -> bool:
        """Wait until more than `beyond` notifications have come; False when they did not `within` seconds."""
        deadline = time.monotonic() + within
        with self._sink.arrived:
            while len(self._received) <= beyond and (left := deadline - time.monotonic()) > 0:
                self._sink.arrived.wait(left)
            return len(self._received) > beyond

    def close(self) -> None:
        """Take no more notifications on this callback."""
        self._sink.forget(self)

    def take(self, notification: Notification) -> None:
        """A notification for this callback came (called by the sink, which holds the lock)."""
        self._received.append(notification)
        self._sink.arrived.notify_all()


class Sink:
    """The receiver. `host` and `port` are where it listens (port 0: any free one), `public_url` how the
    target reaches that when it is something else, for instance through a tunnel."""

    def __init__(self, recorder: Recorder, host: str, port: int = 0, public_url: str | None = None) -> None:
        self.arrived = threading.Condition()
        self.heard = False
        self.patience = FULL_WAIT
        self._recorder = recorder
        self._subscriptions: dict[str, Subscription] = {}
        self._numbers = itertools.count(1)
        self._order = itertools.count(1)
        # Subscriptions of an earlier run, which a target may still serve, must not be taken for ours.
        self._run = secrets.token_hex(4)
        self._astray: list[str] = []
        self._socket = _listen(host, port)
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

    def waited_in_vain(self) -> None:
        """While no notification at all has come, waiting for the next is not worth the same time."""
        if not self.heard:
            self.patience = max(1.0, self.patience / 3)

    def hint(self) -> str:
        """What else is known when a notification is missing."""
        if self.heard:
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
            self.heard = True
            notification = Notification(
                contract=subscription.contract,
                order=next(self._order),
                received=time.monotonic(),
                subscription=subscription.id,
                method="POST",
                url=subscription.callback + path[len(subscription.id) + 1 :],
                path=path[len(subscription.id) + 1 :],
                headers=Headers(scope["headers"]),
                body=body,
            )
            notification = replace(notification, answered=_success(notification))
            self._recorder.received(notification)
            subscription.take(notification)
        return notification.answered


def _success(notification: Notification) -> int:
    """What the contract has a listener answer when all is well (rule EVT-06)."""
    events = [notification.declared] if notification.declared else notification.contract.events.values()
    declared = {
        status for event in events for status in event.statuses if status.isdigit() and status.startswith("2")
    }
    return int(min(declared, default=str(CREATED)))


async def _body(receive: _Receive) -> bytes | None:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY or message["type"] == "http.disconnect":
            return None
        if not message.get("more_body"):
            return bytes(body)


def _listen(host: str, port: int) -> socket.socket:
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
