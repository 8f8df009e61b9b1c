"""The journals of the rig: what the roles have said to each other in the course of one scenario.

Reference servers keep one each, and show it at their admin API to who may ask. Whatever belongs to the W3C
trace of the scenario counts, whoever said it and however long after.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import httpx2

from tmfrig.conformance.check import CannotJudge, Skipped
from tmfrig.conformance.target import Rig
from tmfrig.reports.evidence import Evidence, RecordedRequest, RecordedResponse, record

SHOWN_BODY = 4_000
"""How much of a body is shown in a report, in characters."""
WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
MOST_ENTRIES = 10_000
_SECONDS = 10.0


@dataclass(frozen=True)
class Entry:
    """One exchange between two roles. `path` is the URL's whole path, `status` None without an answer."""

    caller: str
    callee: str
    kind: str
    method: str
    path: str
    status: int | None
    seconds: float
    time: str
    body: Mapping[str, Any]

    @property
    def changes(self) -> bool:
        """Whether the caller changed something, or tried to: hubs and notifications aside."""
        is_hub = self.path.endswith("/hub") or "/hub/" in self.path
        return self.kind == "request" and self.method in WRITING and not is_hub

    @property
    def sent(self) -> Any:
        """The request body as JSON; None where there was none."""
        try:
            return json.loads(self.body.get("requestBody") or "null")
        except ValueError:
            return None

    def __str__(self) -> str:
        return f"{self.caller} sent {self.method} {self.path} to {self.callee}"

    def evidence(self, secrets: frozenset[str], at: float) -> Evidence:
        """The exchange for a report; `at`: seconds from the beginning of the scenario."""
        query = self.body.get("query")
        url = f"{self.path}?{query}" if query else self.path
        response = None
        if self.status is not None:
            response = RecordedResponse(status=self.status, body=_shown(self.body.get("responseBody")))
        return record(
            RecordedRequest(method=self.method, url=url, body=_shown(self.body.get("requestBody"))),
            response,
            self.seconds,
            secrets,
            caller=self.caller,
            callee=self.callee,
            at=at,
        )


class Journal:
    """The entries of one trace."""

    def __init__(self, admin: str, trace: str) -> None:
        self._admin = admin
        self._trace = trace

    @classmethod
    def of(cls, rig: Rig | None, trace: str) -> Journal:
        """The journal of a rig; Skipped where nobody keeps one for us."""
        if rig is None or rig.admin is None:
            raise Skipped("it needs the journals of the rig, and the target names no admin API")
        return cls(rig.admin, trace)

    def entries(self, callee: str = "*", caller: str = "*") -> list[Entry]:
        """What was exchanged in the scenario so far, in order. CannotJudge when the journal is not shown."""
        found = [_entry(each) for each in self._asked()]
        return [
            each for each in found if fnmatchcase(each.callee, callee) and fnmatchcase(each.caller, caller)
        ]

    def between_others(self, roles: Collection[str]) -> list[Entry]:
        """What others than these roles have said to each other."""
        return [each for each in self.entries() if each.caller not in roles and each.callee not in roles]

    def _asked(self) -> list[dict[str, Any]]:
        try:
            answer = httpx2.get(
                f"{self._admin}/journal",
                params={"trace": self._trace, "limit": MOST_ENTRIES},
                timeout=_SECONDS,
                trust_env=False,
            )
            body = answer.json()
        except (httpx2.HTTPError, ValueError) as problem:
            raise CannotJudge(f"the journal at {self._admin} could not be read: {problem}") from None
        if answer.status_code != 200 or not isinstance(body, list):
            raise CannotJudge(f"the journal at {self._admin} answered {answer.status_code}")
        return body


def _entry(body: Mapping[str, Any]) -> Entry:
    return Entry(
        caller=str(body.get("caller")),
        callee=str(body.get("callee")),
        kind=str(body.get("kind")),
        method=str(body.get("method")),
        path=str(body.get("path")),
        status=body.get("status"),
        seconds=float(body.get("seconds") or 0),
        time=str(body.get("time")),
        body=body,
    )


def _shown(text: str | None) -> str | None:
    return text if text is None or len(text) <= SHOWN_BODY else f"{text[:SHOWN_BODY]}…"
