"""A listener that takes every notification at once; `python listening.py` prints its port.

It answers each POST with 204, and GET with the number of those so far.
"""

from __future__ import annotations

import asyncio
import re

import uvloop

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_TAKEN = b"HTTP/1.1 204 No Content\r\n\r\n"


class Taking(asyncio.Protocol):
    """One connection of who tells."""

    taken = 0

    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Keep it."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer what is complete."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            said = _LENGTH.search(self._buffer, 0, end + 2)
            length = end + 4 + (int(said[1]) if said else 0)
            if len(self._buffer) < length:
                return
            if self._buffer.startswith(b"POST "):
                Taking.taken += 1
                self._transport.write(_TAKEN)
            else:
                number = b"%d" % Taking.taken
                self._transport.write(
                    b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(number), number)
                )
            self._buffer = self._buffer[length:]


async def main() -> None:
    """Listen on loopback until told to stop."""
    server = await asyncio.get_running_loop().create_server(Taking, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
