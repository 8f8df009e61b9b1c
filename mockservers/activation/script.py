"""Scripted outcomes: what an order's external id, or a rule, says is to become of it.

Words follow a `~`, several follow one another: `shop-17~slow:20~fail@reserved:television`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from tmfrig.mockservers.activation.plan import Line, Plan
from tmfrig.mockservers.disturbance import Odds
from tmfrig.mockservers.store import Body

log = logging.getLogger(__name__)

STEPS = ("feasibilityChecked", "designed", "reserved", "inactive", "active")
"""The states of a service on its way, in their order."""
DEFAULT_STEP = "designed"
EVENTS = ("duplicate", "reorder", "drop")
SLOWEST = 10_000
_WORD = re.compile(r"(?P<word>[a-z-]+)(?:@(?P<step>[^:=]*))?(?:(?P<sign>[:=])(?P<value>.*))?", re.DOTALL)


class ScriptError(Exception):
    """A script cannot be understood; one line that says what is wrong, where, and how to mend it."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """Something that happens to an item when its service should reach a step.

    `target` is an item's id or a specification's; empty for every item.
    """

    word: str
    step: str = DEFAULT_STEP
    target: str = ""

    def meets(self, line: Line, step: str) -> bool:
        """Whether it happens now; what is not built step by step has one step, which stands for all."""
        concerned = self.target in ("", line.item_id, line.specification)
        return concerned and (step == self.step or line.action != "add")


@dataclass(frozen=True, slots=True)
class Course:
    """What is to become of one order; by default nothing unusual."""

    fails: tuple[Trigger, ...] = ()
    holds: tuple[Trigger, ...] = ()
    hangs: tuple[Trigger, ...] = ()
    partial: bool = False
    information: tuple[str, ...] = ()
    """Characteristics that are asked for before anything is built."""
    slow: int = 1
    """How many paces a step takes."""
    deny_cancel: bool = False
    events: frozenset[str] = frozenset()

    def __add__(self, other: Course) -> Course:
        return Course(
            fails=self.fails + other.fails,
            holds=self.holds + other.holds,
            hangs=self.hangs + other.hangs,
            partial=self.partial or other.partial,
            information=tuple(dict.fromkeys(self.information + other.information)),
            slow=max(self.slow, other.slow),
            deny_cancel=self.deny_cancel or other.deny_cancel,
            events=self.events | other.events,
        )

    def only_for(self, items: Iterable[str]) -> Course:
        """The same, where what happens to items happens to these only."""
        names = tuple(items)

        def narrowed(triggers: Iterable[Trigger]) -> tuple[Trigger, ...]:
            return tuple(replace(each, target=each.target or name) for each in triggers for name in names)

        return replace(
            self, fails=narrowed(self.fails), holds=narrowed(self.holds), hangs=narrowed(self.hangs)
        )

    def for_plan(self, plan: Plan) -> Course:
        """The same with `partial` spelt out: the last item that nothing relies on fails."""
        leaves = plan.leaves
        if not self.partial or not leaves:
            return self
        return replace(self, fails=(*self.fails, Trigger("partial", target=leaves[-1].item_id)))


NOTHING_UNUSUAL = Course()


@dataclass(frozen=True, slots=True)
class Rule:
    """A course for the orders that meet all its conditions."""

    course: Course
    external_id: str | None = None
    """A pattern with * and ? for one of the order's external ids."""
    specification: str | None = None
    characteristic: Mapping[str, Any] = field(default_factory=dict)

    def applied(self, order: Body, plan: Plan) -> Course:
        """What the rule means for an order."""
        if self.external_id is not None and not any(
            fnmatchcase(name, self.external_id) for name in external_ids(order)
        ):
            return NOTHING_UNUSUAL
        if self.specification is None and not self.characteristic:
            return self.course
        items = [line.item_id for line in plan.lines.values() if self._concerns(line)]
        return self.course.only_for(items) if items else NOTHING_UNUSUAL

    def _concerns(self, line: Line) -> bool:
        if self.specification not in (None, line.specification):
            return False
        values = line.characteristics()
        return all(
            name in values and str(values[name]) == str(value) for name, value in self.characteristic.items()
        )


@dataclass(frozen=True, slots=True)
class Script:
    """The rules of a site, and the odds of its notifications."""

    rules: tuple[Rule, ...] = ()
    notifications: Odds = field(default_factory=Odds)

    def course(self, order: Body, plan: Plan) -> Course:
        """What is to become of an order: what its external ids say and what the rules say."""
        course = said_by(order)
        for rule in self.rules:
            course += rule.applied(order, plan)
        return course.for_plan(plan)


def external_ids(order: Body) -> Iterator[str]:
    """The names by which the outside knows an order: its own, and those of what it belongs to."""
    for each in (order.get("externalId"), *(each.get("name") for each in _references(order))):
        if isinstance(each, str):
            yield each


def said_by(order: Body) -> Course:
    """What the external ids of an order say; words that nobody knows are logged and ignored."""
    course = NOTHING_UNUSUAL
    for name in external_ids(order):
        if "~" in name:
            course += _said_in(name)
    return course


def parse(words: str) -> Course:
    """The course that words say, separated by `~`; ScriptError for one that is unknown or incomplete."""
    course = NOTHING_UNUSUAL
    for word in words.strip().removeprefix("~").split("~"):
        course += _parsed(word.strip())
    return course


@lru_cache(maxsize=4096)
def _said_in(name: str) -> Course:
    course = NOTHING_UNUSUAL
    for word in name.split("~")[1:]:
        try:
            course += _parsed(word)
        except ScriptError as error:
            log.warning("external id %.100r: %s; it is ignored", name, error)
    return course


def _parsed(text: str) -> Course:
    match = _WORD.fullmatch(text)
    name = match["word"] if match else text
    reader = _READERS.get(name)
    if match is None or reader is None:
        close = get_close_matches(name, _READERS, 1)
        hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(_READERS)}"
        raise ScriptError(f"~{text[:100]} is no outcome; {hint}")
    return reader(text, match)


def _trigger(text: str, match: re.Match[str]) -> Trigger:
    step, target = match["step"], match["value"]
    if step is not None and step not in STEPS:
        raise ScriptError(f"~{text[:100]} names no step; steps are {', '.join(STEPS)}")
    if match["sign"] == "=" or target == "":
        raise ScriptError(f"~{text[:100]} names no item; write ~{match['word']}@designed:television, say")
    return Trigger(match["word"], step or DEFAULT_STEP, target or "")


def _plain(text: str, match: re.Match[str]) -> None:
    if match["step"] is not None or match["sign"] is not None:
        raise ScriptError(f"~{text[:100]} says too much; write ~{match['word']} alone")


def _fail(text: str, match: re.Match[str]) -> Course:
    return Course(fails=(_trigger(text, match),))


def _hold(text: str, match: re.Match[str]) -> Course:
    return Course(holds=(_trigger(text, match),))


def _hang(text: str, match: re.Match[str]) -> Course:
    return Course(hangs=(_trigger(text, match),))


def _partial(text: str, match: re.Match[str]) -> Course:
    _plain(text, match)
    return Course(partial=True)


def _deny_cancel(text: str, match: re.Match[str]) -> Course:
    _plain(text, match)
    return Course(deny_cancel=True)


def _information(text: str, match: re.Match[str]) -> Course:
    if match["step"] is not None or match["sign"] != ":" or not match["value"]:
        raise ScriptError(f"~{text[:100]} names no characteristic; write ~information:phoneNumber, say")
    return Course(information=(match["value"],))


def _slow(text: str, match: re.Match[str]) -> Course:
    value = match["value"] or ""
    is_number = value.isascii() and value.isdigit() and len(value) < 6
    if match["step"] is not None or match["sign"] != ":" or not is_number or not 1 <= int(value) <= SLOWEST:
        raise ScriptError(f"~{text[:100]} says not how slow; write ~slow:20 for 20 paces a step, say")
    return Course(slow=int(value))


def _events(text: str, match: re.Match[str]) -> Course:
    asked = (match["value"] or "").replace("|", ",").split(",")
    if match["step"] is not None or match["sign"] != "=" or not set(asked) <= set(EVENTS):
        raise ScriptError(f"~{text[:100]} is nothing to do with events; write ~events={EVENTS[0]}, say")
    return Course(events=frozenset(asked))


_READERS: Mapping[str, Callable[[str, re.Match[str]], Course]] = {
    "fail": _fail,
    "partial": _partial,
    "information": _information,
    "hang": _hang,
    "hold": _hold,
    "slow": _slow,
    "deny-cancel": _deny_cancel,
    "events": _events,
}


def _references(order: Body) -> Iterable[Body]:
    return [each for each in order.get("externalReference") or () if isinstance(each, dict)]
