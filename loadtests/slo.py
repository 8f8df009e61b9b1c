"""Service levels: what a profile or a file of levels asks for, as a document."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError

from tmfrig.conformance.documents import first_mistake, read_document
from tmfrig.conformance.failure import CommandError
from tmfrig.loadtests.section import Section

Milliseconds = Annotated[float, Field(gt=0)]
Seconds = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class LevelsError(CommandError):
    """A file of service levels that cannot be read or is wrong; the message is one line."""


class OperationLevels(Section):
    """What must hold for an operation; a level that is None is not asked for."""

    p50_ms: Milliseconds | None = None
    p95_ms: Milliseconds | None = None
    p99_ms: Milliseconds | None = None
    failure_ratio: Share | None = Field(default=None, description="Share of requests without a right answer")


class SpanLevels(Section):
    """What must hold for something that takes longer than a request."""

    p50_s: Seconds | None = None
    p95_s: Seconds | None = None
    p99_s: Seconds | None = None
    unfinished_ratio: Share | None = Field(default=None, description="Share that came to no end in the run")


class Lifecycle(Section):
    """Orders from 201 to completed, as one sees it by asking, and as notifications tell it."""

    polled: SpanLevels | None = None
    notified: SpanLevels | None = None


class ServiceLevels(Section):
    """What must hold at the end of a run.

    `operations` goes by the name of the operation ("POST productOrder", "GET product/{id}"), with `*` for any
    text; where several match, the later one says more.
    """

    failure_ratio: Share | None = Field(default=None, description="Of all requests together")
    throughput: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="Right answers per second, at least"
    )
    operations: dict[str, OperationLevels] = Field(default_factory=dict)
    lifecycle: Lifecycle = Field(default_factory=Lifecycle)
    notification_delay: SpanLevels | None = Field(
        default=None, description="From the time of an event, as it says it, until it is here"
    )

    def of(self, operation: str) -> OperationLevels:
        """What is asked of an operation, by its name."""
        found: dict[str, Any] = {}
        for pattern, levels in self.operations.items():
            if fnmatchcase(operation, pattern.replace("[", "[[]")):
                found |= levels.model_dump(exclude_none=True)
        return OperationLevels.model_validate(found)

    def spans(self) -> Mapping[str, SpanLevels]:
        """What is asked of spans, by the name of the span."""
        asked = {
            POLLED: self.lifecycle.polled,
            NOTIFIED: self.lifecycle.notified,
            DELAY: self.notification_delay,
        }
        return {name: levels for name, levels in asked.items() if levels is not None}


POLLED = "order lifecycle, polled"
NOTIFIED = "order lifecycle, notified"
DELAY = "notification delay"


def read_levels(path: Path) -> ServiceLevels:
    """The service levels in a YAML, TOML or JSON file. LevelsError when it is wrong."""
    data = read_document(path, LevelsError, "the service levels ")
    if not isinstance(data, dict):
        raise LevelsError(f"{path} has no service levels; see tmfrig load --schema")
    try:
        return ServiceLevels.model_validate(data)
    except ValidationError as problem:
        raise LevelsError(f"{path}: {first_mistake(problem, ServiceLevels)}") from None
