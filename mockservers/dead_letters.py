"""The part of the admin API about notifications: how many wait, and what was given up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import orjson

from tmfrig.mockservers.admin_answers import (
    HIGHEST_LIMIT,
    JSON_TYPE,
    USUAL_LIMIT,
    answer_list,
    number_of,
    said_in,
)
from tmfrig.mockservers.errors import not_found
from tmfrig.mockservers.exchange import Exchange, Handler
from tmfrig.mockservers.outbox import DeadLetter
from tmfrig.mockservers.site import Site


class DeadLetters:
    """Shows, drops and sends again what could not be delivered."""

    def __init__(self, site: Site, base_path: str) -> None:
        self._site = site
        self._outbox = site.store.outbox
        self._base_path = base_path

    @property
    def handlers(self) -> Mapping[tuple[str, str], Handler]:
        """What answers each operation, by method and path."""
        return {
            ("get", "/outbox"): self._show_outbox,
            ("get", "/deadLetter"): self._list,
            ("delete", "/deadLetter"): self._drop_all,
            ("get", "/deadLetter/{id}"): self._show,
            ("delete", "/deadLetter/{id}"): self._drop,
            ("post", "/deadLetter/{id}/resend"): self._resend,
            ("post", "/resend"): self._resend_all,
        }

    async def _show_outbox(self, exchange: Exchange) -> None:
        waiting, dead = await self._outbox.counts()
        await exchange.answer(200, orjson.dumps({"waiting": waiting, "dead": dead}), (JSON_TYPE,))

    async def _list(self, exchange: Exchange) -> None:
        said = said_in(exchange.query_string, ("after", "limit"), "dead letters are")
        after, limit = number_of(said, "after", 0), number_of(said, "limit", USUAL_LIMIT, HIGHEST_LIMIT)
        letters = await self._outbox.dead(after, limit)
        _, total = await self._outbox.counts()
        await answer_list(exchange, [self._shown(each, exchange) for each in letters], total)

    async def _drop_all(self, exchange: Exchange) -> None:
        await self._outbox.bury(None)
        await exchange.answer(204, b"", ())

    async def _show(self, exchange: Exchange) -> None:
        shown = self._shown(await self._letter(exchange), exchange)
        await exchange.answer(200, orjson.dumps(shown), (JSON_TYPE,))

    async def _drop(self, exchange: Exchange) -> None:
        letter = await self._letter(exchange)
        await self._outbox.bury([letter.parcel.number])
        await exchange.answer(204, b"", ())

    async def _resend(self, exchange: Exchange) -> None:
        letter = await self._letter(exchange)
        await self._outbox.revive([letter.parcel.number])
        self._site.deliveries.look()
        await exchange.answer(204, b"", ())

    async def _resend_all(self, exchange: Exchange) -> None:
        resent = await self._outbox.revive(None)
        self._site.deliveries.look()
        await exchange.answer(200, orjson.dumps({"resent": resent}), (JSON_TYPE,))

    async def _letter(self, exchange: Exchange) -> DeadLetter:
        identifier = exchange.identifier
        if identifier.isascii() and identifier.isdigit() and len(identifier) < 19:
            number = int(identifier)
            for each in await self._outbox.dead(number - 1, 1):
                if each.parcel.number == number:
                    return each
        raise not_found(f"dead letter {identifier[:50]}")

    def _shown(self, letter: DeadLetter, exchange: Exchange) -> dict[str, object]:
        parcel = letter.parcel
        moment = datetime.fromtimestamp(letter.since, UTC).isoformat(timespec="milliseconds")
        return {
            "id": str(parcel.number),
            "href": f"{exchange.origin()}{self._base_path}/deadLetter/{parcel.number}",
            "listener": parcel.listener,
            "eventId": parcel.event,
            "eventType": parcel.event_type,
            "reason": letter.reason,
            "givenUp": moment.replace("+00:00", "Z"),
            "notification": orjson.loads(parcel.body),
        }
