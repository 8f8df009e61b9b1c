"""What `specs check` found in a vendor's document: as JSON, as lines of text, and as one HTML page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.text import Text

from tmfrig.reports.html import render_page
from tmfrig.reports.text import carriable, one_line
from tmfrig.specs.finding import Finding, Group, Judgement, Level

SCHEMA = "tmfrig.specs-check/1"

# What each group means to whoever reads it, as a heading and a sentence.
_GROUPS = {
    Group.MISSING: ("Missing", "The standard has it, the document has not."),
    Group.NARROWER: ("Narrower", "The document rejects what the standard allows a client to send."),
    Group.WIDER: (
        "Wider",
        "The document accepts more than the standard, or answers what clients of the standard do not expect.",
    ),
    Group.EXTENSION: ("Extensions", "The document has it, the standard has not."),
}


def judgement_json(judgement: Judgement) -> bytes:
    """The judgement as one JSON object, UTF-8."""
    data = {
        "schema": SCHEMA,
        "api": judgement.api,
        "version": judgement.version,
        "document": judgement.document,
        "digest": judgement.digest,
        "profile": {"source": judgement.profile, "derived": judgement.derived},
        "verdict": _verdict(judgement),
        "counts": _counts(judgement),
        "findings": [_data(each) for each in judgement.findings],
    }
    return (carriable(json.dumps(data, indent=1, ensure_ascii=False)) + "\n").encode()


def judgement_html(judgement: Judgement) -> bytes:
    """The judgement as one page that needs nothing else, UTF-8."""
    page = render_page(
        "judged_document.html",
        judgement=judgement,
        verdict=_verdict(judgement),
        counts=_counts(judgement),
        groups=[
            (group.value, heading, note, [each for each in judgement.findings if each.group is group])
            for group, (heading, note) in _GROUPS.items()
        ],
    )
    return carriable(page).encode()


def print_judgement(judgement: Judgement, console: Console) -> None:
    """Print the judgement; the last line has the verdict and the counts. Plain where no terminal is."""
    for line, style in _lines(judgement):
        shown = line.encode(console.encoding, "backslashreplace").decode(console.encoding)
        console.print(Text(shown, style), soft_wrap=True, markup=False, highlight=False, emoji=False)


def _lines(judgement: Judgement) -> Iterator[tuple[str, str]]:
    title = f"{judgement.api} {judgement.title} {judgement.version}, judged: {judgement.document}"
    yield one_line(title), ""
    yield f"mandatory operations: {judgement.profile}{' (derived)' if judgement.derived else ''}", "dim"
    for group in Group:
        found = [each for each in judgement.findings if each.group is group]
        if found:
            yield "", ""
            yield f"{group} {len(found)}", "bold"
        for each in found:
            where = f"{each.place}: {each.path}" if each.path else each.place
            yield one_line(f"  {each.level}  {where}"), "red" if each.level is Level.MANDATORY else ""
            yield one_line(f"    {each.sentence} Standard: {each.standard}; here: {each.vendor}"), "dim"
    mandatory = judgement.count(Group.MISSING, Level.MANDATORY)
    counts = ", ".join(
        f"{group} {judgement.count(group)}"
        + (f" ({mandatory} mandatory)" if group is Group.MISSING and mandatory else "")
        for group in Group
    )
    yield "", ""
    yield f"{_verdict(judgement)}   {counts}", "bold green" if judgement.complete else "bold red"


def _verdict(judgement: Judgement) -> str:
    return "complete" if judgement.complete else "incomplete"


def _counts(judgement: Judgement) -> dict[str, int]:
    counts = {group.value: judgement.count(group) for group in Group}
    return {
        "mandatory": sum(each.level is Level.MANDATORY for each in judgement.findings),
        **counts,
        "total": len(judgement.findings),
    }


def _data(finding: Finding) -> dict[str, Any]:
    return {
        "group": finding.group.value,
        "level": finding.level.value,
        "about": finding.about,
        "place": finding.place,
        "path": finding.path,
        "standard": finding.standard,
        "vendor": finding.vendor,
        "sentence": finding.sentence,
    }
