"""Delivery of notifications: each listener has its own queue and worker, so a slow one delays nobody.

A listener gets its notifications in order and at least once while it answers 2xx within some tries; what it
never takes is dropped with a line in the log.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from tmfrig.mockservers import tracing
from tmfrig.mockservers.disturbance import USUAL, Deal, Disturbance
from tmfrig.mockservers.hub import Hub, Listener
from tmfrig.mockservers.store import Notification
from tmfrig.mockservers.tracing import Trace
from tmfrig.mockservers.wire import NoAnswerError, Wire
from tmfrig.specs import Contract

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeliveryPolicy:
    """How stubbornly notifications are delivered; times in seconds."""

    tries: int = 5
    first_pause: float = 0.1
    pause_factor: float = 3.0
    timeout: float = 10.0
    queue_length: int = 10_000


class Deliveries:
    """Everything that is on its way to the listeners of all APIs."""

    def __init__(self, hubs: Iterable[Hub], wire: Wire, policy: DeliveryPolicy | None = None) -> None:
        self._hubs = {hub.contract.key: hub for hub in hubs}
        self._wire = wire
        self._policy = policy or DeliveryPolicy()
        self._couriers: dict[str, _Courier] = {}
        self.disturbances: list[Disturbance] = []
        """What makes notifications go wrong on purpose; the first that does so has its way."""

    def publish(self, notifications: Iterable[Notification]) -> None:
        """Queue notifications for everybody who wants them. Call it when the change can be read."""
        for notification in notifications:
            hub = self._hubs[notification.contract]
            for listener in hub.listeners:
                if listener.hears(notification.envelope):
                    body = orjson.dumps(listener.narrowed(notification.envelope))
                    courier = self._courier(listener, hub.contract)
                    for delay in self._deal(notification):
                        courier.take_after(delay, body)

    def forget(self, listener: Listener) -> None:
        """Deliver nothing more to a listener, not even what waits (rule EVT-10)."""
        courier = self._couriers.pop(listener.id, None)
        if courier is not None:
            courier.stop()

    async def close(self) -> None:
        """Stop at once; what is not delivered is lost with the memory that holds it."""
        couriers, self._couriers = self._couriers, {}
        for courier in couriers.values():
            courier.stop()
        await asyncio.gather(*(each.task for each in couriers.values()), return_exceptions=True)

    def _deal(self, notification: Notification) -> Deal:
        deals = (each(notification) for each in self.disturbances)
        return next((deal for deal in deals if deal != USUAL), USUAL)

    def _courier(self, listener: Listener, contract: Contract) -> _Courier:
        if listener.id not in self._couriers:
            self._couriers[listener.id] = _Courier(listener, contract, self._wire, self._policy)
        return self._couriers[listener.id]


class _Courier:
    """The queue and the worker of one listener."""

    def __init__(self, listener: Listener, contract: Contract, wire: Wire, policy: DeliveryPolicy) -> None:
        self._listener = listener
        self._wire = wire
        self._policy = policy
        self._caller = contract.api
        self._headers = {"Content-Type": contract.media_type}
        self._queue: asyncio.Queue[tuple[bytes, Trace | None]] = asyncio.Queue(policy.queue_length)
        self._dropped = 0
        self._answering = True
        self.task = asyncio.create_task(self._work(), name=f"notifications to {listener.callback}")

    def take_after(self, seconds: float, body: bytes) -> None:
        if seconds:
            # what comes meanwhile overtakes it
            asyncio.get_running_loop().call_later(seconds, self.take, body)
        else:
            self.take(body)

    def take(self, body: bytes) -> None:
        if self._queue.full():
            self._dropped += 1
            if self._dropped % self._policy.queue_length == 1:
                log.warning(
                    "%s is too slow: %d notifications wait, new ones are dropped (%d so far)",
                    self._listener.callback,
                    self._queue.qsize(),
                    self._dropped,
                )
            return
        self._queue.put_nowait((body, tracing.current.get()))

    def stop(self) -> None:
        self.task.cancel()

    async def _work(self) -> None:
        while True:
            body, trace = await self._queue.get()
            try:
                await self._deliver(body, trace)
            except Exception:
                log.exception("delivery to %s failed unexpectedly", self._listener.callback)

    async def _deliver(self, body: bytes, trace: Trace | None) -> None:
        # one that has just refused everything gets single tries until it answers again
        tries, pause = self._policy.tries if self._answering else 1, self._policy.first_pause
        failure = ""
        for attempt in range(tries):
            if attempt:
                await asyncio.sleep(pause)
                pause *= self._policy.pause_factor
            failure = await self._attempt(body, trace)
            if not failure:
                self._answering = True
                return
        if self._answering:
            log.warning(
                "%s does not take notifications (%s); one is dropped after %d tries, later ones get one try",
                self._listener.callback,
                failure,
                tries,
            )
        self._answering = False

    async def _attempt(self, body: bytes, trace: Trace | None) -> str:
        """Send once; what went wrong, or nothing."""
        try:
            answer = await self._wire.request(
                "POST",
                self._listener.callback,
                caller=self._caller,
                body=body,
                headers=self._headers,
                trace=trace,
                within=self._policy.timeout,
                notification=True,
            )
        except NoAnswerError as error:
            return str(error)
        return "" if answer.ok else f"it answers {answer.status}"
