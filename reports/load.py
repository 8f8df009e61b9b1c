"""The load part of a result: what was asked of a target per second, and how fast it answered."""

from __future__ import annotations

from pydantic import Field

from tmfrig.reports.evidence import Model, Seconds, Text


class LoadKnee(Model):
    """The rate (requests per second) from which on the target no longer kept up, and how that showed."""

    rate: float
    why: Text


class LoadOperation(Model):
    """One operation under load; `rate` is requests per second, percentiles are in milliseconds."""

    name: Text
    requests: int = Field(ge=0)
    failures: int = Field(ge=0)
    rate: float
    p50_ms: float
    p95_ms: float
    p99_ms: float


class LoadSample(Model):
    """The state of a run at one moment.

    `seconds` counts from the start; `rate` and `failure_rate` are per second over the time since the
    sample before, and so are the percentiles.
    """

    seconds: Seconds
    users: int = Field(ge=0)
    rate: float
    failure_rate: float
    p50_ms: float
    p95_ms: float


class LoadResult(Model):
    """A load run as a whole; `knee` is None when the target kept up to the end."""

    profile: Text
    requests: int = Field(ge=0)
    failures: int = Field(ge=0)
    rate: float
    knee: LoadKnee | None = None
    operations: list[LoadOperation] = Field(default_factory=list)
    series: list[LoadSample] = Field(default_factory=list)
