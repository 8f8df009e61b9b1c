"""JUnit XML, the form that build servers show: one test suite per API, one test case per result."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from xml.etree import ElementTree as Xml

from tmfrig.reports.evidence import Evidence
from tmfrig.reports.report_file import write_report
from tmfrig.reports.result import Counts, Outcome, Result, RunResult
from tmfrig.reports.summary import by_api, shown_exchange
from tmfrig.reports.text import shorten, visible

_LONGEST_BODY = 4_000
_LONGEST_CURL = 8_000


def write_junit(run: RunResult, path: Path) -> None:
    """Write the run as JUnit XML. ReportError when that is not possible.

    A failed MUST is a failure, a check that could not be judged an error; what was skipped or waived counts
    as skipped; a warning passes and is told in `system-out`.
    """
    root = _element("testsuites", name="tmfrig", time=_seconds(run.seconds), **_totals(run.results))
    groups = by_api(run.results)
    for (api, version), results in groups.items():
        # cases are known by their class and name: those of two versions must not be taken for one
        several = [each for each, _ in groups].count(api) > 1
        prefix = f"{api}.v{version}" if several else api
        root.append(_suite(run, f"{api} v{version}", prefix, results))
    Xml.indent(root)
    write_report(Xml.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n", path)


def _suite(run: RunResult, name: str, prefix: str, results: list[Result]) -> Xml.Element:
    suite = _element(
        "testsuite",
        name=name,
        **_totals(results),
        skipped=str(_skipped(results)),
        time=_seconds(sum(result.seconds for result in results)),
        timestamp=run.started.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
    )
    suite.append(_properties(run))
    suite.extend(_case(result, prefix) for result in results)
    return suite


def _properties(run: RunResult) -> Xml.Element:
    properties = _element("properties")
    facts = {"tmfrig.version": run.tool.version, "seed": str(run.seed), "verdict": run.verdict.value}
    facts |= {f"target.{target.api}.{target.version}": target.url for target in run.targets}
    properties.extend(_element("property", name=name, value=value) for name, value in facts.items())
    return properties


def _case(result: Result, prefix: str) -> Xml.Element:
    classname = f"{prefix}.{result.resource}" if result.resource else prefix
    case = _element("testcase", classname=classname, name=result.check, time=_seconds(result.seconds))
    match result.outcome:
        case Outcome.failed:
            case.append(_told("failure", result, type=result.level.value))
        case Outcome.error:
            case.append(_told("error", result, type="unjudged"))
        case Outcome.skipped:
            case.append(_element("skipped", message=result.message))
        case Outcome.waived:
            case.append(_element("skipped", message=f"waived: {result.message}"))
        case Outcome.warned:
            output = _element("system-out")
            output.text = visible(f"warned ({result.level}): {_account(result)}")
            case.append(output)
        case Outcome.passed:
            pass
    return case


def _told(tag: str, result: Result, **attributes: str) -> Xml.Element:
    element = _element(tag, message=result.message, **attributes)
    element.text = visible(_account(result))
    return element


def _account(result: Result) -> str:
    """Everything that somebody who has only the build server needs to mend it."""
    lines = [result.message]
    named = {"source": result.source, "expected": result.expected, "actual": result.actual}
    lines += [f"{name}: {value}" for name, value in named.items() if value]
    lines += [f"step {step.outcome}: {step.keyword} {step.text}" for step in result.steps or ()]
    exchange = shown_exchange(result)
    return "\n".join([*lines, *(_exchange(exchange) if exchange else ())])


def _exchange(exchange: Evidence) -> list[str]:
    lines = ["", f"{exchange.request.method} {exchange.request.url}"]
    if exchange.request.body:
        lines.append(shorten(exchange.request.body, _LONGEST_BODY))
    if exchange.response is None:
        lines.append("no response")
    else:
        lines.append(f"answered {exchange.response.status}")
        lines += [f"{name}: {value}" for name, value in exchange.response.headers.items()]
        lines.append(shorten(exchange.response.body or "", _LONGEST_BODY))
    if len(exchange.curl) <= _LONGEST_CURL:
        lines += ["", exchange.curl]
    return lines


def _totals(results: list[Result]) -> dict[str, str]:
    counts = Counts.of(results)
    return {"tests": str(counts.total), "failures": str(counts.failed), "errors": str(counts.error)}


def _skipped(results: list[Result]) -> int:
    counts = Counts.of(results)
    return counts.skipped + counts.waived


def _element(tag: str, **attributes: str) -> Xml.Element:
    return Xml.Element(tag, {name: visible(value) for name, value in attributes.items()})


def _seconds(value: float) -> str:
    return f"{value:.3f}"
