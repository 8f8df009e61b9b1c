"""W3C trace context: which of many exchanges belong to one story, across requests, events and later steps."""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar
from dataclasses import dataclass

_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}.*")


@dataclass(frozen=True, slots=True)
class Trace:
    """A trace and the span in it that is under way: `traceparent` without its version and flags."""

    trace_id: str
    span_id: str

    @classmethod
    def new(cls) -> Trace:
        """A trace that begins here."""
        return cls(secrets.token_hex(16), secrets.token_hex(8))

    @classmethod
    def parse(cls, header: bytes) -> Trace | None:
        """The trace that a `traceparent` header names; None for a missing or broken one."""
        match = _TRACEPARENT.fullmatch(header)
        if match is None or not match[1].strip(b"0") or not match[2].strip(b"0"):
            return None
        return cls(match[1].decode(), match[2].decode())

    def child(self) -> Trace:
        """A new span of the same trace."""
        return Trace(self.trace_id, secrets.token_hex(8))

    @property
    def header(self) -> str:
        """The value of a `traceparent` header."""
        return f"00-{self.trace_id}-{self.span_id}-01"


current: ContextVar[Trace | None] = ContextVar("trace", default=None)
"""The trace to which what is being done belongs; None where nobody asked for it."""
