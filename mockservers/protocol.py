"""HTTP as uvicorn speaks it, except that answers leave at the end of a turn of the event loop.

A write is a system call, a packet and often a wake-up of whoever waits for it, and together that costs more
than checking and storing an order. So the head of an answer leaves with its body, and where many clients ask
at once their answers leave one after the other, while those who read them are awake.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_KEPT: Final = 64 * 1024
"""Bytes that wait for the end of a turn at most: what is larger flows at the pace of its reader."""


class QuickProtocol(HttpToolsProtocol):
    """One connection of a client."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to speak."""
        super().connection_made(cast("asyncio.Transport", _Joining(transport, self.loop)))


class _Joining:
    """A transport that sends what was written in a turn of the event loop at its end."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._later = loop.call_soon
        self._kept: list[bytes] = []
        self.is_closing = transport.is_closing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send soon."""
        if not self._kept:
            self._later(self.flush)
        self._kept.append(data)
        if len(data) > MOST_KEPT:
            self.flush()

    def writelines(self, data: list[bytes]) -> None:
        """Send soon."""
        self.write(b"".join(data))

    def flush(self) -> None:
        """Send what is kept, if anybody is there."""
        kept, self._kept = self._kept, []
        if kept and not self.is_closing():
            self._transport.writelines(kept)

    def close(self) -> None:
        """Send what is kept, and hang up."""
        self.flush()
        self._transport.close()
