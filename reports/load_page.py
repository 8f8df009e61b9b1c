"""What pages and terminals tell of a load run, worked out from its result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tmfrig.reports.chart import Panel
from tmfrig.reports.load import LoadOperation, LoadResult
from tmfrig.reports.load_charts import operation_panels, run_panels, step_panels
from tmfrig.reports.result import Result, RunResult

_SERVICE_LEVEL = "load.slo."
_COUNTED_OPEN = (
    "Latencies count from the moment at which a request was due, whether or not it could be sent then: "
    "a target that stalls cannot hide the requests that had to wait meanwhile (coordinated omission)."
)
_COUNTED_CLOSED = (
    "Latencies count from the moment of sending: each user waits for an answer before asking again, "
    "so that a target which stalls is asked less meanwhile."
)


@dataclass(frozen=True)
class OperationCharts:
    """One operation, drawn over time."""

    name: str
    operation: LoadOperation | None
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class LoadPage:
    """The load part of the page."""

    load: LoadResult
    levels: tuple[Result, ...]
    counted: str
    has_service: bool
    """Whether the time from sending is known beside the time from when a request was due."""
    panels: tuple[Panel, ...]
    operations: tuple[OperationCharts, ...]
    steps: tuple[Panel, ...]


def load_page_of(run: RunResult) -> LoadPage | None:
    """What the page tells of the load; None where the run put none."""
    load = run.load
    if load is None:
        return None
    return LoadPage(
        load=load,
        levels=tuple(service_levels(run.results)),
        counted=_COUNTED_OPEN if load.model == "rate" else _COUNTED_CLOSED,
        has_service=load.model == "rate" and any(each.service_p95_ms for each in load.operations),
        panels=tuple(run_panels(load)),
        operations=tuple(_operations(load)),
        steps=tuple(step_panels(load)),
    )


def service_levels(results: Iterable[Result]) -> list[Result]:
    """The results that judge a service level."""
    return [result for result in results if is_service_level(result.check)]


def is_service_level(check: str) -> bool:
    """Whether a check judges a service level."""
    return check.startswith(_SERVICE_LEVEL)


def _operations(load: LoadResult) -> Iterable[OperationCharts]:
    known = {series_name(operation): operation for operation in load.operations}
    for series in load.operation_series:
        panels = operation_panels(load, series)
        if panels:
            yield OperationCharts(series.operation, known.get(series.operation), tuple(panels))


def series_name(operation: LoadOperation) -> str:
    """Under which name the series have an operation."""
    return f"{operation.api} {operation.name}".strip()
