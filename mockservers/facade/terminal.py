"""The facade's terminal: one connection to PROVEX, one card at a time."""

from __future__ import annotations

import asyncio

from tmfrig.mockservers.facade.copybook import WIDTH, Card, OrderState, RecordError, Reply

TIMEOUT = 5.0
KNOWN_STATES = frozenset({"", *OrderState})


class LegacyDownError(Exception):
    """PROVEX cannot be reached, or answers garbage. Whether it has read the card is not known."""


class Terminal:
    """Sends cards and reads replies; it connects again by itself."""

    def __init__(self, host: str, port: int, timeout: float = TIMEOUT) -> None:
        self._host = host
        self._port = port
        self._timeout = timeout
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, card: Card) -> Reply:
        """The reply to a card; LegacyDownError where none comes. RecordError for what no card can hold."""
        raw = card.encoded()
        try:
            async with asyncio.timeout(self._timeout):
                reader, writer = self._streams or await asyncio.open_connection(self._host, self._port)
                self._streams = reader, writer
                writer.write(raw)
                await writer.drain()
                reply = Reply.decoded(await reader.readexactly(WIDTH))
        except (OSError, asyncio.IncompleteReadError, RecordError) as error:
            self.close()
            raise LegacyDownError(f"PROVEX does not answer: {error or type(error).__name__}") from error
        except asyncio.CancelledError:
            self.close()  # its reply would be taken for that to the next card
            raise
        if (reply.operation, reply.order) != (card.operation, card.order) or reply.state not in KNOWN_STATES:
            self.close()
            raise LegacyDownError(f"PROVEX answers {reply}, which is no reply to order {card.order!r}")
        return reply

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
        self._streams = None
