"""Delivery of notifications: each listener has its own courier, so a slow one delays nobody.

What is to be delivered waits in the store's outbox, where it was put together with the change that it tells
of. A listener gets its notifications in order and at least once while it answers 2xx within some tries; what
it never takes becomes a dead letter.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from tmfrig.mockservers import tracing
from tmfrig.mockservers.disturbance import USUAL, Deal, Disturbance
from tmfrig.mockservers.ending import end_tasks
from tmfrig.mockservers.hub import Hub, Listener
from tmfrig.mockservers.journal import without_secrets
from tmfrig.mockservers.outbox import Outbox, Parcel
from tmfrig.mockservers.store import Notification, StoreError, log_failure
from tmfrig.mockservers.tracing import Trace
from tmfrig.mockservers.wire import NoAnswerError, Wire
from tmfrig.specs import Contract

log = logging.getLogger(__name__)

UNCOUNTED_FOR = 1.0
"""Seconds for which parcels of other processes may come without being counted."""
AT_ONCE = 32
"""Parcels that a courier takes out of the outbox together."""


_REFUSALS = (400, 413, 415, 422)
"""Answers that are about the notification; all others may be about the listener, and pass (RFC 9110 15.5)."""


@dataclass(frozen=True, slots=True)
class DeliveryPolicy:
    """How stubbornly notifications are delivered; times in seconds."""

    tries: int = 9
    """Tries of a notification, in about 13 s, until its listener counts as away; later ones have one."""
    refusals: int = 2
    """How often a listener may answer that there is something wrong with a notification."""
    longest_pause: float = 2.0
    longest_wait: float = 1.0
    """The longest pause between the single tries at a listener that is away."""
    first_pause: float = 0.1
    pause_factor: float = 3.0
    jitter: float = 0.2
    """The part of a pause by which it is longer or shorter, by lot, so that not all try again at once."""
    timeout: float = 10.0
    queue_length: int = 10_000


class Deliveries:
    """Everything that is on its way to the listeners of all APIs."""

    def __init__(
        self, hubs: Iterable[Hub], wire: Wire, outbox: Outbox, policy: DeliveryPolicy | None = None
    ) -> None:
        self._hubs = {hub.contract.key: hub for hub in hubs}
        self._wire = wire
        self._outbox = outbox
        self._policy = policy or DeliveryPolicy()
        self._couriers: dict[str, _Courier] = {}
        self._open = False
        self.disturbances: list[Disturbance] = []
        """What makes notifications go wrong on purpose; the first that does so has its way."""

    def packed(self, notifications: Iterable[Notification]) -> list[Parcel]:
        """Notifications as parcels for everybody who wants them, to be committed with what they tell of."""
        parcels = []
        trace = tracing.current.get()
        header = "" if trace is None else trace.header
        for notification in notifications:
            event = notification.envelope["eventId"]
            whole: bytes | None = None
            for listener in self._hubs[notification.contract].listeners:
                if not listener.hears(notification.envelope):
                    continue
                told = listener.narrowed(notification.envelope)
                if told is notification.envelope:
                    # most listeners are told the same
                    body = whole = whole or orjson.dumps(told)
                else:
                    body = orjson.dumps(told)
                for delay in self._deal(notification):
                    # what comes meanwhile overtakes a late one
                    due = time.time() + delay if delay else 0.0
                    parcels.append(Parcel(listener.id, event, notification.event_type, body, header, due))
        return parcels

    def wake(self, parcels: Iterable[Parcel]) -> None:
        """Deliver parcels that have just been committed: what they tell of can be read now."""
        for each in parcels:
            self._wake(each.listener, 1)

    async def open(self) -> None:
        """Deliver from now on, beginning with what waits."""
        # whoever ended a registration may have died before anything followed from that
        await self._outbox.forget_unregistered()
        self._open = True
        self.look()

    def look(self) -> None:
        """Deliver whatever waits for those who are registered, and nothing to those who no longer are."""
        listeners = {listener.id for hub in self._hubs.values() for listener in hub.listeners}
        for identifier in self._couriers.keys() - listeners:
            self._couriers.pop(identifier).stop()
        for identifier in listeners:
            self._wake(identifier)

    async def forget(self, listener: Listener) -> None:
        """Deliver nothing more to a listener, not even what waits (rule EVT-10)."""
        courier = self._couriers.pop(listener.id, None)
        if courier is not None:
            courier.stop()
        await self._outbox.forget(listener.id)

    async def close(self) -> None:
        """Stop at once; what is not delivered stays in the outbox."""
        self._open = False
        couriers, self._couriers = self._couriers, {}
        for courier in couriers.values():
            courier.stop()
        await end_tasks(each.task for each in couriers.values())

    def _wake(self, identifier: str, news: int = 0) -> None:
        if not self._open:
            return
        courier = self._couriers.get(identifier)
        if courier is None:
            found = self._listener(identifier)
            if found is None:
                return
            courier = self._couriers[identifier] = self._courier(*found)
        courier.wake(news)

    def _listener(self, identifier: str) -> tuple[Listener, Contract] | None:
        for hub in self._hubs.values():
            for listener in hub.listeners:
                if listener.id == identifier:
                    return listener, hub.contract
        return None

    def _courier(self, listener: Listener, contract: Contract) -> _Courier:
        return _Courier(listener, contract, self._wire, self._outbox, self._policy)

    def _deal(self, notification: Notification) -> Deal:
        deals = (each(notification) for each in self.disturbances)
        return next((deal for deal in deals if deal != USUAL), USUAL)


class _Courier:
    """The worker for one listener."""

    def __init__(
        self, listener: Listener, contract: Contract, wire: Wire, outbox: Outbox, policy: DeliveryPolicy
    ) -> None:
        self._listener = listener
        self._name = without_secrets(listener.callback)
        self._wire = wire
        self._outbox = outbox
        self._policy = policy
        self._caller = contract.api
        self._headers = {"Content-Type": contract.media_type}
        self._dropped = 0
        self._uncounted = 0
        self._limited_at = 0.0
        self._limiting: asyncio.Task[None] | None = None
        self._answering = True
        self._refuses = False
        self._wait = 0.0
        self._woken = asyncio.Event()
        self.task = asyncio.create_task(self._work(), name=f"notifications to {self._name}")

    def wake(self, news: int) -> None:
        """There is something to do; of it, so many parcels are new, or an unknown number (0)."""
        self._woken.set()
        self._uncounted += news
        # counting them all each time would cost more than some too many
        many = self._uncounted > self._policy.queue_length // 10
        if self._limiting is None and (many or not news):
            pause = 0.0 if many else max(self._limited_at + UNCOUNTED_FOR - time.monotonic(), 0.0)
            self._limiting = asyncio.create_task(self._limit(pause))

    def stop(self) -> None:
        """Do nothing more."""
        self.task.cancel()
        if self._limiting is not None:
            self._limiting.cancel()

    async def _work(self) -> None:
        pause = self._policy.first_pause
        while True:
            try:
                await self._deliver_all()
                pause = self._policy.first_pause
            except Exception as error:
                log_failure(log, error, "delivery to %s failed unexpectedly", self._name)
                await asyncio.sleep(pause)
                pause = min(pause * 2, self._policy.timeout)

    async def _deliver_all(self) -> None:
        """Deliver what is due, and wait for more."""
        self._woken.clear()
        parcels = await self._outbox.waiting(self._listener.id, time.time(), AT_ONCE)
        arrived: list[int] = []
        try:
            for parcel in parcels:
                if await self._deliver(parcel):
                    arrived.append(parcel.number)
        finally:
            # also what arrived before this courier was stopped
            await self._note(arrived)
        # whatever comes meanwhile wakes this courier
        if len(parcels) < AT_ONCE and not self._woken.is_set():
            await self._sleep(await self._outbox.next_due(self._listener.id))

    async def _note(self, arrived: list[int]) -> None:
        try:
            await self._outbox.delivered(arrived)
        except StoreError as error:
            # whoever is stopped must not go on because of that
            log.warning("%s will be told again what it has just taken: %s", self._name, error)

    async def _sleep(self, until: float | None) -> None:
        try:
            async with asyncio.timeout(None if until is None else max(until - time.time(), 0)):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _limit(self, pause: float) -> None:
        """Let no more wait than agreed, after a pause; memory and disk are not endless."""
        await asyncio.sleep(pause)
        self._uncounted, self._limited_at = 0, time.monotonic()
        most = self._policy.queue_length
        reason = f"more than {most} notifications waited for {self._name}"
        try:
            dropped = await self._outbox.give_up_beyond(self._listener.id, most, reason, time.time())
        except StoreError as error:
            log.warning("what waits for %s cannot be counted: %s", self._name, error)
            return
        finally:
            self._limiting = None
        if dropped:
            self._dropped += dropped
            log.warning(
                "%s is too slow: %d notifications wait, new ones are dead letters (%d so far)",
                self._name,
                most,
                self._dropped,
            )

    async def _deliver(self, parcel: Parcel) -> bool:
        """Whether a parcel has arrived; else it is a dead letter now, or was forgotten meanwhile."""
        # one that is away gets single tries, and not at once: what is not tried before it is back is not lost
        tries, pause = self._policy.tries if self._answering else 1, self._policy.first_pause
        failure, is_refused, refusals, attempt = "", False, 0, 0
        if not self._answering:
            await asyncio.sleep(self._varied(self._wait))
        while attempt < tries and refusals < self._policy.refusals:
            if attempt:
                await asyncio.sleep(self._varied(pause))
                pause = min(pause * self._policy.pause_factor, self._policy.longest_pause)
            if not await self._outbox.waits(parcel.number):
                # its registration was ended, at another process perhaps (rule EVT-10)
                return False
            failure, is_refused = await self._attempt(parcel)
            if not failure:
                self._answering, self._wait = True, 0.0
                return True
            attempt += 1
            refusals += is_refused
        if is_refused:
            # one that answers is there, whatever it thinks of this one
            self._note_refusal(failure)
        else:
            self._note_absence(failure, attempt)
        await self._outbox.give_up(parcel.number, failure, time.time())
        return False

    def _note_refusal(self, failure: str) -> None:
        if not self._refuses:
            log.warning("%s refuses a notification (%s), a dead letter now", self._name, failure)
        self._refuses = True

    def _note_absence(self, failure: str, tries: int) -> None:
        if self._answering:
            log.warning(
                "%s does not take notifications (%s); one is a dead letter after %d tries, later ones get "
                "one try",
                self._name,
                failure,
                tries,
            )
        self._answering = False
        longer = max(self._wait * self._policy.pause_factor, self._policy.first_pause)
        self._wait = min(longer, self._policy.longest_wait)

    def _varied(self, pause: float) -> float:
        return pause * random.uniform(1 - self._policy.jitter, 1 + self._policy.jitter)

    async def _attempt(self, parcel: Parcel) -> tuple[str, bool]:
        """Send once; what went wrong, or nothing, and whether that is about this notification."""
        try:
            answer = await self._wire.request(
                "POST",
                self._listener.callback,
                caller=self._caller,
                body=parcel.body,
                headers=self._headers,
                trace=Trace.parse(parcel.trace.encode()) if parcel.trace else None,
                within=self._policy.timeout,
                notification=True,
            )
        except NoAnswerError as error:
            return str(error), False
        if answer.ok:
            return "", False
        return f"it answers {answer.status}", answer.status in _REFUSALS
