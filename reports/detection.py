"""How well the judge sees: which checks notice which fault, and whom they blame without one.

`tmfrig.detection/1`, as JSON and as one page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

import orjson
from pydantic import Field

from tmfrig.reports.evidence import Model, Seconds, Text
from tmfrig.reports.html import render_page

MOST_UNRELATED = 3
"""So many unrelated checks may blame a target for one fault, on median."""
_LEVELS = ("MUST", "SHOULD", "PUBLISHED", "MAY", "")


class Noticed(Model):
    """One fault, and the checks that blamed a target which has it.

    `caught_by` are checks that cite the rule which the fault breaks (for a fault without one, all scenarios
    that fail); `unrelated` are the others.
    """

    name: Text
    family: Text
    role: Text
    line: int
    rule: Text = ""
    level: Text = ""
    """How binding the rule is: MUST, SHOULD, MAY, PUBLISHED; empty for a fault that breaks none."""
    sentence: Text
    suite: Text
    """What was asked of the target until the fault was caught: standard, full, or scenarios."""
    caught_by: list[Text] = Field(default_factory=list)
    unrelated: list[Text] = Field(default_factory=list)
    only_warned: bool = False
    """Whether those that caught it warned, and none of them failed: the rule is one of the binding ones, but
    not in this point, or not in the eyes of everybody."""
    seconds: Seconds = 0.0

    @property
    def caught(self) -> bool:
        """Whether somebody noticed what is wrong."""
        return bool(self.caught_by)

    @property
    def is_binding(self) -> bool:
        """Whether it has to be caught: what breaks a MUST, or keeps roles from working together."""
        return self.level in ("MUST", "")


class Faultless(Model):
    """Runs against a target without faults; `blamed` are checks that held something against it."""

    api: Text
    line: int
    suite: Text
    runs: int = Field(ge=0)
    seconds: Seconds = 0.0
    """How long one run took, on median."""
    blamed: list[Text] = Field(default_factory=list)


class Detection(Model):
    """Everything that was measured."""

    schema_: Literal["tmfrig.detection/1"] = Field(default="tmfrig.detection/1", alias="schema")
    faults: list[Noticed] = Field(default_factory=list)
    faultless: list[Faultless] = Field(default_factory=list)
    unproven: list[Text] = Field(default_factory=list)
    """Checks that no fault was caught by."""
    unmeasured: list[Text] = Field(default_factory=list)
    """Faults, and contracts without any, of which there is nothing: the run was of some of them, or did not
    end."""

    @property
    def missed(self) -> list[Noticed]:
        """Faults that have to be caught, and were not."""
        return [each for each in self.faults if each.is_binding and not each.caught]

    @property
    def unrelated(self) -> float:
        """How many unrelated checks blamed a target for one fault, on median."""
        return float(median(len(each.unrelated) for each in self.faults)) if self.faults else 0.0

    @property
    def blamed(self) -> list[Faultless]:
        """Targets without faults that were blamed."""
        return [each for each in self.faultless if each.blamed]

    @property
    def is_good(self) -> bool:
        """Whether everything was measured, and the figures are as promised."""
        wrong = self.missed or self.blamed or self.unmeasured
        return not wrong and self.unrelated <= MOST_UNRELATED


@dataclass(frozen=True)
class FamilyMatrix:
    """The faults of one family, and the checks that any of them was noticed by."""

    family: str
    faults: Sequence[Noticed]
    checks: Sequence[str]

    @property
    def caught(self) -> int:
        """How many were caught."""
        return sum(each.caught for each in self.faults)


def matrices(detection: Detection) -> list[FamilyMatrix]:
    """The matrix fault × check, by family: no check stands where it has nothing to say."""
    families: dict[str, list[Noticed]] = {}
    for each in detection.faults:
        families.setdefault(each.family, []).append(each)
    return [FamilyMatrix(family, faults, _columns(faults)) for family, faults in sorted(families.items())]


def _columns(faults: Iterable[Noticed]) -> list[str]:
    """Checks that catch come first, those that only blame after them."""
    caught = sorted({check for each in faults for check in each.caught_by})
    return [*caught, *sorted({check for each in faults for check in each.unrelated} - set(caught))]


def summary(detection: Detection) -> str:
    """The figures in a few lines of text."""
    by_level: Mapping[str, list[Noticed]] = {
        level: [each for each in detection.faults if each.level == level] for level in _LEVELS
    }
    lines = [
        f"{level or 'scenarios':9}  {sum(each.caught for each in found)} of {len(found)} faults caught"
        for level, found in by_level.items()
        if found
    ]
    warned = sum(each.only_warned for each in by_level["MUST"])
    if warned:
        lines.append(f"faults against a MUST that only warnings were given for: {warned}")
    lines += [f"missed: {each.name} ({each.rule or each.role})" for each in detection.missed]
    lines.append(f"unrelated checks per fault, on median: {detection.unrelated:g}")
    runs = sum(each.runs for each in detection.faultless)
    if runs:
        lines.append(f"without faults: {runs} runs, {len(detection.blamed)} APIs blamed")
    lines += [
        f"blamed without fault: {each.api} v{each.line}: {', '.join(each.blamed)}"
        for each in detection.blamed
    ]
    lines += [f"not measured: {name}" for name in detection.unmeasured]
    return "\n".join(lines)


def detection_json(detection: Detection) -> bytes:
    """The figures as JSON that people can read."""
    return orjson.dumps(
        detection.model_dump(mode="json"), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    )


def detection_html(detection: Detection) -> bytes:
    """The matrix as one page that needs nothing else, UTF-8."""
    return render_page(
        "detection.html",
        detection=detection,
        matrices=matrices(detection),
        most_unrelated=MOST_UNRELATED,
        levels=_LEVELS,
    ).encode()
