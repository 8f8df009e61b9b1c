"""Settling: what becomes of a change that was answered 202 (rule HTTP-07).

A target may carry out a create, a patch or a delete after it has answered. It is then asked for the resource
until that shows the outcome, so that a check may go on as if the answer had waited.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tmfrig.conformance.checks.places import instant
from tmfrig.conformance.exchange import ACCEPTED, Exchange, Intent
from tmfrig.conformance.expect import same_json
from tmfrig.conformance.instance import id_in_url, identity
from tmfrig.specs import Kind, Resource

if TYPE_CHECKING:
    from tmfrig.conformance.requesting import Requesting

LONGEST = 10.0
"""Seconds that an outcome may take."""
UNEXPECTED = 1.0
"""Seconds after which a change that a target should not make had its chance, while its pace is unknown."""
_SHORTEST = 0.2


class Settling:
    """Follows what one API promises. After a promise that was not kept, the next are waited for less long."""

    def __init__(self, api: Requesting) -> None:
        self._api = api
        self._patience = LONGEST
        self._usual = 0.0

    def of_create(self, resource: Resource, answer: Exchange) -> Exchange:
        """The answer to a create, with its outcome: the resource itself."""
        id = created_id(answer, resource)
        if answer.status != ACCEPTED or id is None or Kind.RETRIEVE not in resource.operations:
            return answer
        return self._followed(answer, resource, id, lambda shown: shown.ok)

    def of_patch(self, resource: Resource, id: str, body: Any, answer: Exchange) -> Exchange:
        """The answer to a patch, with its outcome: the resource as a merge patch leaves it."""
        follows = isinstance(body, dict) and Kind.RETRIEVE in resource.operations
        if answer.status != ACCEPTED or not follows:
            return answer

        def is_merged(shown: Exchange) -> bool:
            return any(_holds(now, body) for now in shown.representations)

        return self._followed(answer, resource, id, is_merged)

    def of_delete(self, resource: Resource, id: str, answer: Exchange) -> Exchange:
        """The answer to a delete, with its outcome: the refusal to show what is gone."""
        if answer.status != ACCEPTED or Kind.RETRIEVE not in resource.operations:
            return answer
        return self._followed(answer, resource, id, lambda shown: 400 <= shown.status < 500)

    def _followed(
        self, answer: Exchange, resource: Resource, id: str, has_happened: Callable[[Exchange], bool]
    ) -> Exchange:
        label = f"GET {resource.path}/{{id}}, to see what became of a {answer.method} answered 202"
        expected = answer.intent is Intent.VALID
        within = self._patience if expected else max(_SHORTEST, 3 * self._usual or UNEXPECTED)
        started = time.monotonic()
        outcome = self._api.wait_until(
            lambda: self._api.retrieve(resource, id, label=label, intent=Intent.OPEN),
            has_happened,
            min(within, self._patience),
        )
        if outcome is not None:
            self._usual = max(self._usual, time.monotonic() - started)
        elif expected:
            self._patience = max(UNEXPECTED, self._patience / 3)
        return replace(answer, outcome=outcome)


def _holds(shown: Any, sent: Any) -> bool:
    """Whether a value shows what was sent; a target may complete it, and write a moment in another zone."""
    if isinstance(sent, dict):
        return isinstance(shown, dict) and all(_holds(shown.get(name), each) for name, each in sent.items())
    if isinstance(sent, list):
        return isinstance(shown, list) and len(shown) == len(sent) and all(map(_holds, shown, sent))
    moment = instant(sent)
    return same_json(shown, sent) or (moment is not None and instant(shown) == moment)


def created_id(answer: Exchange, resource: Resource) -> str | None:
    """The id of what a create that was answered 202 is to bring: by Location, else by the body."""
    said = answer.json if answer.is_json else None
    return id_in_url(answer.headers.get("location", ""), resource) or identity(said)


def unfulfilled(answer: Exchange) -> str:
    """What a create came to that was answered 202 and brought nothing, in a sentence."""
    resource = answer.resource
    id = created_id(answer, resource) if resource else None
    if resource is None or id is None:
        return (
            f"{answer.label} was answered 202, and neither Location nor the body names the resource to come, "
            "so that it cannot be followed"
        )
    return f"{answer.label} was answered 202, but {resource.path}/{id} was not there in time"
