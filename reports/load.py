"""The load part of a result: what was asked of a target per second, and how fast it answered."""

from __future__ import annotations

from pydantic import Field

from tmfrig.reports.evidence import Model, Seconds, Text


class LoadKnee(Model):
    """The highest rate (requests per second) that the target sustained, and what gave way beyond it."""

    rate: float
    why: Text


class LoadStep(Model):
    """One step of a search for the knee: what was offered and what came of it.

    `rate` is what was offered and `achieved` what was answered in time, both in requests per second; `why`
    says what gave way, and is empty where the service levels held.
    """

    rate: float
    achieved: float
    seconds: Seconds
    p95_ms: float
    p99_ms: float
    failure_ratio: float
    sustained: bool
    why: Text = ""


class LoadOperation(Model):
    """One operation under load; `rate` is requests per second, percentiles are in milliseconds.

    Percentiles count from the moment at which a request was due (`service_p95_ms` from the moment at which it
    was sent: where the two differ, requests had to wait for their turn).
    """

    name: Text
    api: Text = ""
    requests: int = Field(ge=0)
    failures: int = Field(ge=0)
    rate: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    most_ms: float = 0.0
    service_p95_ms: float = 0.0


class LoadSpan(Model):
    """How long something took that is more than one request, in seconds.

    `name` is "order lifecycle, polled" or "…, notified" (from 201 to completed), or "notification delay";
    `unfinished` counts those that had not come to an end when the run was over.
    """

    name: Text
    count: int = Field(ge=0)
    unfinished: int = Field(default=0, ge=0)
    p50_s: float
    p95_s: float
    p99_s: float
    most_s: float


class LoadTrouble(Model):
    """One kind of failure: how often, at which operation, and what it looked like the first time."""

    operation: Text
    what: Text
    count: int = Field(ge=1)


class LoadSample(Model):
    """The state of a run at one moment.

    `seconds` counts from the start; `rate` and `failure_rate` are per second over the time since the
    sample before, and so are the percentiles; `due` is the rate that was to be offered, where there was one.
    """

    seconds: Seconds
    users: int = Field(ge=0)
    rate: float
    failure_rate: float
    p50_ms: float
    p95_ms: float
    p99_ms: float = 0.0
    due: float | None = None


class LoadSeries(Model):
    """One operation over time: the same moments as the samples of the run, with the same meaning."""

    operation: Text
    rate: list[float]
    failure_rate: list[float]
    p50_ms: list[float]
    p95_ms: list[float]
    p99_ms: list[float]


class LoadResult(Model):
    """A load run as a whole; `knee` is None when the target kept up to the end.

    `model` says what was held constant: "users" (closed: each waits for its answer) or "rate" (open: requests
    come when they are due, whatever the target does). `workers` is the number of processes that made the
    load.
    """

    profile: Text
    requests: int = Field(ge=0)
    failures: int = Field(ge=0)
    rate: float
    model: Text = "users"
    workers: int = Field(default=1, ge=1)
    p50_ms: float = 0.0
    p95_ms: float = 0.0
    p99_ms: float = 0.0
    stopped: Text | None = Field(default=None, exclude_if=lambda why: why is None)
    """Why the run ended before its time."""
    knee: LoadKnee | None = None
    steps: list[LoadStep] = Field(default_factory=list, exclude_if=lambda steps: not steps)
    operations: list[LoadOperation] = Field(default_factory=list)
    spans: list[LoadSpan] = Field(default_factory=list)
    troubles: list[LoadTrouble] = Field(default_factory=list)
    series: list[LoadSample] = Field(default_factory=list)
    operation_series: list[LoadSeries] = Field(default_factory=list)
