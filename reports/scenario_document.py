"""Scenarios as Markdown: steps, sequence diagram, and every request with its response, for documentation."""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Iterable, Iterator

from tmfrig.reports.evidence import Evidence
from tmfrig.reports.mermaid import mermaid
from tmfrig.reports.result import Outcome, Result, RunResult, TargetInfo
from tmfrig.reports.sequence import Diagram, Message, Section, sequence_of
from tmfrig.reports.text import indented_beginning, indented_json, one_line, shorten, visible

_MOST_LINES = 40
_LONGEST_LINE = 160
_LONGEST_BODY = 50_000
_LONGEST_TARGET = 300
_LONGEST_PROSE = 2_000

_TITLE = re.compile(r"""scenario ('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")
_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#|&~$!])")
_FENCES = re.compile(r"`+")
# how a recorded body ends of which only the beginning was kept
_CUT_OFF = re.compile(r"… \(\d+ more bytes\)$")


def scenario_document(run: RunResult) -> str:
    """The scenarios of a run as one Markdown document, in the order in which they were played.

    Each has its title, its steps, a Mermaid sequence diagram, and its requests with path, status and JSON
    bodies, of which long ones are cut. Text of a target stays text, whatever it holds.
    """
    scenarios = [result for result in run.results if result.steps is not None]
    parts = ["# Scenarios", _about(run, len(scenarios))]
    for result in scenarios:
        parts += _scenario(result, sequence_of(result, run.targets), run.targets)
    return "\n\n".join(parts) + "\n"


def title_of(result: Result) -> str:
    """The scenario's title as its feature file has it; its check where the source does not tell."""
    found = _TITLE.match(result.source)
    try:
        return str(literal_eval(found[1])) if found else result.check
    except (SyntaxError, ValueError):  # no title of ours
        return result.check


def _about(run: RunResult, number: int) -> str:
    played = "One scenario" if number == 1 else f"{number} scenarios"
    return (
        f"{played}, played by {_prose(run.tool.name)} {_prose(run.tool.version)} "
        f"on {run.started:%Y-%m-%d} with seed {run.seed}: **{run.verdict}**."
    )


def _scenario(result: Result, diagram: Diagram, targets: Iterable[TargetInfo]) -> Iterator[str]:
    yield f"## {_prose(title_of(result))}"
    api = _prose(f"{result.api} v{result.version}" if result.version else result.api)
    yield f"{_code(result.check)}, {api}, {result.level}: **{result.outcome}** in {result.seconds:.2f} s."
    if result.message:
        yield f"> {_prose(result.message)}"
    if result.steps:
        yield "\n".join(
            f"- **{_prose(step.keyword)}** {_prose(step.text)}{_remarked(step.outcome)}"
            for step in result.steps
        )
    if not diagram.participants:
        return
    yield f"```mermaid\n{mermaid(diagram)}```"
    yield "### Requests and responses"
    for section in diagram.sections:
        yield from _section(section, [target.url.rstrip("/") for target in targets])


def _remarked(outcome: Outcome) -> str:
    return "" if outcome is Outcome.passed else f" ({outcome})"


def _section(section: Section, bases: list[str]) -> Iterator[str]:
    yield f"#### {_prose(section.caption)}"
    for message in section.messages:
        yield from _exchange(message, bases)
    if section.left_out:
        yield f"… {section.left_out:,} more exchanges."


def _exchange(message: Message, bases: list[str]) -> Iterator[str]:
    """A message by its last exchange: where something was polled, that is what the polling came to."""
    shown = message.exchanges[-1]
    often = f", {message.times} times, at last" if message.times > 1 else ""
    status = message.status or "no response"
    request = f"{shown.request.method} {_path(shown, bases)}"
    yield f"{_prose(message.caller)} → {_prose(message.callee)}: {_code(request)}{often} → **{status}**"
    if shown.request.body:
        yield _block(shown.request.body)
    if shown.response and shown.response.body:
        yield "Answer:"
        yield _block(shown.response.body)


def _path(evidence: Evidence, bases: list[str]) -> str:
    """What follows the base of the API; the whole URL where that is no target's."""
    url = evidence.request.url
    fitting = [base for base in bases if url == base or url.startswith((f"{base}/", f"{base}?"))]
    return shorten(url[len(max(fitting, key=len, default="")) :] or "/", _LONGEST_TARGET)


def _block(body: str) -> str:
    """A body in a fence that it cannot close."""
    lines = visible(_indented(body)).split("\n")
    shown = [shorten(line, _LONGEST_LINE) for line in lines[:_MOST_LINES]]
    if len(lines) > _MOST_LINES:
        shown.append(f"… ({len(lines) - _MOST_LINES:,} more lines)")
    content = "\n".join(shown)
    fence = "`" * max(3, _longest_fence(content) + 1)
    kind = "json" if lines[0].startswith(("{", "[")) else "text"
    return f"{fence}{kind}\n{content}\n{fence}"


def _indented(body: str) -> str:
    cut_off = _CUT_OFF.search(body)
    if cut_off:
        return indented_beginning(body[: cut_off.start()]) + cut_off[0]
    return indented_json(body) if len(body) <= _LONGEST_BODY else body


def _code(text: str) -> str:
    """Text as inline code that it cannot end."""
    shown = one_line(text)
    fence = "`" * (_longest_fence(shown) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") or not shown else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _longest_fence(text: str) -> int:
    return max(map(len, _FENCES.findall(text)), default=0)


def _prose(text: str) -> str:
    """Text without any meaning to Markdown or HTML."""
    return _MARKUP.sub(r"\\\1", one_line(shorten(text, _LONGEST_PROSE)))
