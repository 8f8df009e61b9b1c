"""The sequence of a scenario: which role called which, step by step, as a small model that can be drawn."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tmfrig.reports.evidence import Evidence
from tmfrig.reports.parties import Parties, in_business_order
from tmfrig.reports.result import Outcome, Result, Step, TargetInfo
from tmfrig.reports.text import one_line

MOST_MESSAGES = 120
_MOST_PARTICIPANTS = 16
_LONGEST_NAME = 32
_LONGEST_SAID = 56
_LONGEST_CAPTION = 160
_OTHERS = "others"
_READS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True)
class Message:
    """One arrow: what `caller` said to `callee`, and the answer. Equal exchanges are one message.

    `is_event`: a notification; `aside`: between other roles than those of the scenario, from a journal.
    """

    caller: str
    callee: str
    said: str
    exchanges: tuple[Evidence, ...]
    is_event: bool = False
    aside: bool = False

    @property
    def times(self) -> int:
        """How often it was said."""
        return len(self.exchanges)

    @property
    def status(self) -> int | None:
        """The status of the answer; None when none came."""
        response = self.exchanges[0].response
        return response.status if response else None

    @property
    def label(self) -> str:
        """What stands at the arrow: "GET /productOrder/{id} ×7 → 200"."""
        often = f" ×{self.times}" if self.times > 1 else ""
        return f"{self.said}{often} → {self.status or 'no response'}"


@dataclass(frozen=True)
class Section:
    """A step and its messages. `left_out` exchanges that are not shown would follow the messages."""

    keyword: str
    text: str
    outcome: Outcome
    messages: tuple[Message, ...]
    left_out: int = 0

    @property
    def caption(self) -> str:
        """The step as a sentence."""
        return f"{self.keyword} {self.text}"


@dataclass(frozen=True)
class Diagram:
    """The sequence of a scenario: `participants` from left to right, `exchanges` before any were joined."""

    participants: tuple[str, ...]
    sections: tuple[Section, ...]
    exchanges: int


def sequence_of(result: Result, targets: Sequence[TargetInfo]) -> Diagram:
    """The sequence of a scenario's steps. Its texts are short, on one line and without unseen characters.

    Steps that exchanged nothing are not in it, unless the scenario stopped there.
    """
    parties = Parties([(target.url, target.api) for target in targets], result.api)
    sections = [_section(step, parties) for step in result.steps or ()]
    told = [section for section in sections if section.messages or _stopped(section)]
    shown, names = _few_names(told)
    return Diagram(
        participants=names,
        sections=tuple(_fitting(shown)),
        exchanges=sum(message.times for section in told for message in section.messages),
    )


def _section(step: Step, parties: Parties) -> Section:
    return Section(
        keyword=_cut(step.keyword, _LONGEST_NAME),
        text=_cut(step.text, _LONGEST_CAPTION),
        outcome=step.outcome,
        messages=tuple(_joined(_message(each, aside, parties) for each, aside in _in_order(step))),
    )


def _stopped(section: Section) -> bool:
    return section.outcome in (Outcome.failed, Outcome.error)


def _in_order(step: Step) -> list[tuple[Evidence, bool]]:
    """The step's exchanges and those of its journal, which is True beside them, by their times.

    What has no time follows what it is listed after.
    """
    timed = [
        *((at, each, False) for at, each in _timed(step.evidence)),
        *((at, each, True) for at, each in _timed(step.journal or ())),
    ]
    return [(each, aside) for _, each, aside in sorted(timed, key=lambda entry: entry[0])]


def _timed(exchanges: Iterable[Evidence]) -> Iterator[tuple[float, Evidence]]:
    at = -math.inf
    for each in exchanges:
        at = at if each.at is None else each.at
        yield at, each


def _message(evidence: Evidence, aside: bool, parties: Parties) -> Message:
    spoken = parties.spoken(evidence)
    return Message(
        caller=_cut(spoken.caller, _LONGEST_NAME),
        callee=_cut(spoken.callee, _LONGEST_NAME),
        said=_cut(spoken.said, _LONGEST_SAID),
        exchanges=(evidence,),
        is_event=spoken.is_event,
        aside=aside,
    )


def _joined(messages: Iterable[Message]) -> list[Message]:
    """Repeated polling as one message, where it began.

    A caller's own messages keep their order: a read is joined with an equal one only when its caller said
    nothing else in between. What others said meanwhile does not count.
    """
    joined: list[Message] = []
    last_of: dict[str, int] = {}
    for message in messages:
        last = last_of.get(message.caller)
        if last is not None and _repeats(message, joined[last]):
            joined[last] = replace(joined[last], exchanges=joined[last].exchanges + message.exchanges)
            continue
        last_of[message.caller] = len(joined)
        joined.append(message)
    return joined


def _repeats(message: Message, earlier: Message) -> bool:
    def key(one: Message) -> tuple[object, ...]:
        return (one.callee, one.said, one.status, one.is_event, one.aside)

    return message.exchanges[0].request.method in _READS and key(message) == key(earlier)


def _few_names(sections: Sequence[Section]) -> tuple[list[Section], tuple[str, ...]]:
    """The sections with the names that do not fit onto a page replaced by one, and the names in order."""
    messages = [message for section in sections for message in section.messages]
    spoken = dict.fromkeys(name for each in messages for name in (each.caller, each.callee))
    names = in_business_order(tuple(spoken))
    if len(names) <= _MOST_PARTICIPANTS:
        return list(sections), names
    kept = names[: _MOST_PARTICIPANTS - 1]

    def renamed(message: Message) -> Message:
        caller, callee = (name if name in kept else _OTHERS for name in (message.caller, message.callee))
        return replace(message, caller=caller, callee=callee)

    shown = [replace(each, messages=tuple(map(renamed, each.messages))) for each in sections]
    return shown, (*kept, _OTHERS)


def _fitting(sections: Sequence[Section]) -> Iterator[Section]:
    """The sections with at most `MOST_MESSAGES`: the first and the last ones, and a note where some miss."""
    total = sum(len(section.messages) for section in sections)
    first, last = MOST_MESSAGES // 2, total - MOST_MESSAGES // 2
    if total <= MOST_MESSAGES:
        first = last = total
    numbered = enumerate(message for section in sections for message in section.messages)
    left_out = sum(message.times for number, message in numbered if first <= number < last)
    number = 0
    for section in sections:
        begin, end = number, number + len(section.messages)
        head = section.messages[: max(0, first - begin)]
        tail = section.messages[max(len(head), last - begin) :]
        number = end
        if begin < first <= end and left_out:
            yield replace(section, messages=head, left_out=left_out)
        elif head or not section.messages:
            yield replace(section, messages=head)
        # a step in which the note stands is named again after it
        if tail:
            yield replace(section, messages=tail)


def _cut(text: str, limit: int) -> str:
    shown = one_line(text[: limit + 1])
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"
