"""One entry of the journal, and which entries somebody wants to see."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One exchange. Numbers rise in the order in which exchanges ended; `time` is when it began."""

    number: int
    direction: str
    """ "answered" by this server, or "sent" by it across the network."""
    time: str
    seconds: float
    caller: str
    callee: str
    method: str
    path: str
    query: str
    status: int | None
    """None where there was no answer."""
    trace: str | None
    span: str | None
    parent: str | None
    """The span of the exchange during which this one was sent; None where that is not known."""
    kind: str
    request: bytes
    response: bytes
    problem: str | None = None

    def body(self) -> dict[str, Any]:
        """The entry as it is answered."""
        return {
            "number": self.number,
            "time": self.time,
            "seconds": self.seconds,
            "direction": self.direction,
            "caller": self.caller,
            "callee": self.callee,
            "kind": self.kind,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "status": self.status,
            "problem": self.problem,
            "traceId": self.trace,
            "spanId": self.span,
            "parentSpanId": self.parent,
            "requestBody": _text(self.request),
            "responseBody": _text(self.response),
        }


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries somebody wants to see: those that agree with everything that is said."""

    caller: str | None = None
    callee: str | None = None
    method: str | None = None
    path: str | None = None
    """A pattern such as `*/serviceOrder/*`."""
    trace: str | None = None
    after: int = 0

    def means(self, entry: Entry) -> bool:
        """Whether an entry is one of them."""
        return (
            (self.caller is None or entry.caller == self.caller)
            and (self.callee is None or entry.callee == self.callee)
            and (self.method is None or entry.method == self.method)
            and (self.trace is None or entry.trace == self.trace)
            and (self.path is None or fnmatchcase(entry.path, self.path))
        )


def _text(body: bytes) -> str | None:
    return body.decode("utf-8", "replace") if body else None
