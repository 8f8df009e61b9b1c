"""An answer as it comes in: httptools reads it, within bounds."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

MOST_AROUND = 2**20
"""How many bytes of head, chunk sizes and trailers an answer may have beyond the size of its body."""

_PACKED = frozenset({"gzip", "x-gzip", "deflate"})

Line = tuple[bytes, bytes]
"""Name and value of one header line."""


class Trouble(Exception):  # noqa: N818 - what happened, in a few words
    """No complete answer came; the message says why."""


class Unanswered(Trouble):
    """The connection ended before any byte of the answer came."""


class _Enough(Exception):  # noqa: N818 - tells the parser to stop, which is no error
    """Nothing more of what comes is of interest."""


class Incoming(HttpResponseParser):
    """Takes in the answers of one connection, one after the other."""

    def __init__(self, most_body: int) -> None:
        super().__init__(self)
        self._most_body = most_body
        self._bodiless = False
        self._headed = False
        self.complete = False
        self.kept = False
        """Whether the connection can carry another exchange after a complete answer."""
        self.stopped = False
        """Whether this parser has done its last answer; the connection may go on with another."""
        self.received = self._body_size = 0
        self.lines: list[Line] = []
        self._pieces: list[bytes] = []

    def expect(self, bodiless: bool) -> None:
        """An answer comes next; `bodiless` says that it is its head alone, whatever that announces."""
        self._bodiless = bodiless
        self.complete = self.kept = self._headed = False
        self.received = self._body_size = 0

    @property
    def status(self) -> int:
        """The status of the answer."""
        status: int = self.get_status_code()
        return status

    @property
    def body(self) -> bytes:
        """The body as it was sent."""
        pieces = self._pieces
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def feed(self, data: bytes) -> None:
        """Take in what was received; Trouble when it is no answer or a larger one than the bounds allow."""
        self.received += len(data)
        try:
            self.feed_data(data)
        except HttpParserUpgrade:
            raise Trouble("it changed to another protocol") from None
        except HttpParserError as problem:
            self.stopped = True
            if not self.complete:
                raise _explained(problem) from None
        if self.received > 2 * self._body_size + MOST_AROUND:
            raise Trouble("its headers do not end")

    def end(self) -> None:
        """The connection was closed; Trouble unless that is how the answer ends."""
        self.stopped = True
        if not self.received:
            raise Unanswered("the connection was closed without an answer")
        if not self._headed or not self._lasts_until_close():
            raise Trouble("the connection was closed before the answer was complete")
        self.complete = True

    def on_message_begin(self) -> None:
        """Called by the parser."""
        if self.complete:
            # Bytes that nobody asked for: they must not become the answer to the next request.
            self.kept = False
            raise _Enough
        self.lines = []
        self._pieces = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        self.lines.append((name, value))

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        if self.get_status_code() < 200:
            return
        self._headed = True
        if self._bodiless:
            self.kept = self.should_keep_alive()
            self.complete = True
            raise _Enough

    def on_body(self, piece: bytes) -> None:
        """Called by the parser."""
        self._body_size += len(piece)
        if self._body_size > self._most_body:
            raise Trouble(too_large(self._most_body))
        self._pieces.append(piece)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        if self._headed:
            self.kept = self.should_keep_alive()
            self.complete = True

    def _lasts_until_close(self) -> bool:
        fields = Fields(self.lines)
        codings = fields.get("transfer-encoding", "").lower().split(",")
        return "content-length" not in fields and codings[-1].strip() != "chunked"


class Fields(Mapping[str, str]):
    """The header fields of an answer by their names in lower case, read when somebody asks for one."""

    __slots__ = ("_lines", "_read")

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self._read: dict[str, str] | None = None

    def __getitem__(self, name: str) -> str:
        return self._fields()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields())

    def __len__(self) -> int:
        return len(self._fields())

    def __repr__(self) -> str:
        return repr(self._fields())

    def _fields(self) -> dict[str, str]:
        if self._read is None:
            self._read = {}
            for raw_name, raw_value in self._lines:
                name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1").strip()
                before = self._read.get(name)
                self._read[name] = value if before is None else f"{before}, {value}"
        return self._read


def unpacked(body: bytes, lines: Sequence[Line], most: int) -> bytes:
    """The body without the compression that its header names; Trouble when it is not so compressed, or
    larger than `most` without."""
    if not body or not any(name.lower() == b"content-encoding" for name, _ in lines):
        return body
    encoding = Fields(lines)["content-encoding"].lower()
    if encoding not in _PACKED:
        return body
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        plain = unpacker.decompress(body, most + 1)
    except zlib.error:
        raise Trouble(f"the body is not valid {encoding}") from None
    if len(plain) > most:
        raise Trouble(too_large(most))
    if not unpacker.eof:
        raise Trouble(f"the body is not valid {encoding}: it is cut off")
    return plain


def too_large(most: int) -> str:
    """How an answer is refused that is beyond the bound."""
    return f"the answer is larger than {most / 2**20:g} MiB"


def _explained(problem: HttpParserError) -> Trouble:
    if isinstance(problem.__context__, Trouble):
        return problem.__context__
    return Trouble(f"the answer is not HTTP ({str(problem).rstrip('.')})")
