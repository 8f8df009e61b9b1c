"""The sequence of a scenario as coordinates for inline SVG.

It is drawn in strips that join without a seam, one for each step: so paper can break between them, and the
names of the participants stay in sight above the others.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from unicodedata import east_asian_width

from tmfrig.reports.result import Outcome
from tmfrig.reports.sequence import Diagram, Message, Section
from tmfrig.reports.text import one_line, shorten

_USUAL_WIDTH, _NARROWEST = 1040, 560
_CLOSEST, _FARTHEST = 82, 300
_SIDE, _BETWEEN_NAMES = 16, 10
_NAME_HEIGHT, _HEAD_HEIGHT = 26, 38
_CAPTION_HEIGHT, _ROW_HEIGHT, _NOTE_HEIGHT, _PADDING = 26, 32, 24, 8
_LONGEST_STRIP = 20
_LOOP = 34
_TIP = 7
# No browser tells the width of a text before it draws it: this is a little more than most fonts need.
_CHARACTER, _BOLDER = 6.3, 1.15
_LONGEST_DETAIL = 400
_API = re.compile(r"TMF\d+")


@dataclass(frozen=True)
class Lane:
    """A participant: the middle of its lifeline, and its name in a box."""

    name: str
    x: float
    left: float
    width: float
    is_api: bool


@dataclass(frozen=True)
class Arrow:
    """A message: `line` and `tip` are SVG points attributes, `style` class names."""

    label: str
    detail: str
    label_x: float
    label_y: float
    line: str
    tip: str
    style: str


@dataclass(frozen=True)
class Strip:
    """A part of the drawing. `caption` is "" where it continues the step; `summary` says it in words."""

    caption: str
    shown_caption: str
    outcome: Outcome
    arrows: tuple[Arrow, ...]
    note: str
    note_y: float
    height: float
    summary: str


@dataclass(frozen=True)
class Drawing:
    """The whole drawing; `exchanges` is how many it tells of."""

    width: float
    lanes: tuple[Lane, ...]
    strips: tuple[Strip, ...]
    exchanges: int
    head_height: int = _HEAD_HEIGHT
    name_height: int = _NAME_HEIGHT
    caption_height: int = _CAPTION_HEIGHT


def drawing_of(diagram: Diagram) -> Drawing | None:
    """The drawing, or None where nobody spoke."""
    if not diagram.participants:
        return None
    width, lanes = _lanes(diagram.participants)
    places = {lane.name: lane.x for lane in lanes}
    return Drawing(
        width=width,
        lanes=lanes,
        strips=tuple(strip for section in diagram.sections for strip in _strips(section, places, width)),
        exchanges=diagram.exchanges,
    )


def _lanes(names: Sequence[str]) -> tuple[float, tuple[Lane, ...]]:
    boxes = [max(64.0, _BOLDER * _wide(name) + 20) for name in names]
    usual = (_USUAL_WIDTH - 2 * _SIDE - 100) / max(1, len(names) - 1)
    apart = min(_FARTHEST, max(_CLOSEST, usual))
    places = [_SIDE + boxes[0] / 2]
    for left, right in pairwise(boxes):
        places.append(places[-1] + max(apart, (left + right) / 2 + _BETWEEN_NAMES))
    width = max(_NARROWEST, places[-1] + boxes[-1] / 2 + _SIDE)
    return width, tuple(
        Lane(name, x, x - box / 2, box, _API.fullmatch(name) is not None)
        for name, x, box in zip(names, places, boxes, strict=True)
    )


def _strips(section: Section, places: dict[str, float], width: float) -> list[Strip]:
    """A section's strips: more than one where it is too long for a sheet of paper."""
    parts = [
        section.messages[first : first + _LONGEST_STRIP]
        for first in range(0, max(1, len(section.messages)), _LONGEST_STRIP)
    ]
    strips = []
    for number, messages in enumerate(parts, start=1):
        caption = section.caption if number == 1 else ""
        is_last = number == len(parts)
        note = f"… {section.left_out:,} more" if section.left_out and is_last else ""
        top = _CAPTION_HEIGHT + _PADDING if caption else 0
        bottom = top + len(messages) * _ROW_HEIGHT
        strips.append(
            Strip(
                caption=caption,
                shown_caption=_fitting(caption, width - 60),
                outcome=section.outcome,
                arrows=tuple(
                    _arrow(message, top + row * _ROW_HEIGHT, places, width)
                    for row, message in enumerate(messages)
                ),
                note=note,
                note_y=bottom + 14,
                height=bottom + (_NOTE_HEIGHT if note else 0) + (_PADDING if is_last else 0),
                summary="; ".join([*map(_in_words, messages), *([note] if note else [])]),
            )
        )
    return strips


def _arrow(message: Message, top: float, places: dict[str, float], width: float) -> Arrow:
    begin, end = places[message.caller], places[message.callee]
    label_y, y = top + 12, top + 20
    to_itself = begin == end
    towards = -1 if end < begin or (to_itself and begin > width - 2 * _LOOP) else 1
    if to_itself:
        turn = begin + towards * _LOOP
        line = f"{begin:.1f},{y:.1f} {turn:.1f},{y:.1f} {turn:.1f},{y + 8:.1f} {begin:.1f},{y + 8:.1f}"
        tip, middle = _tip(begin, y + 8, -towards, message.is_event), begin + towards * _LOOP / 2
    else:
        line = f"{begin:.1f},{y:.1f} {end - towards:.1f},{y:.1f}"
        tip, middle = _tip(end - towards, y, towards, message.is_event), (begin + end) / 2
    label = _fitting(message.label, width - 12)
    half = _wide(label) / 2 + 6
    return Arrow(
        label=label,
        detail=_detail(message),
        label_x=round(min(max(middle, half), max(half, width - half)), 1),
        label_y=label_y,
        line=line,
        tip=tip,
        style=" ".join(_style(message)),
    )


def _tip(x: float, y: float, towards: int, is_open: bool) -> str:
    back = x - towards * _TIP
    points = f"{back:.1f},{y - 4:.1f} {x:.1f},{y:.1f} {back:.1f},{y + 4:.1f}"
    return points if is_open else f"{points} {back:.1f},{y - 4:.1f}"


def _style(message: Message) -> list[str]:
    styles = ["event" if message.is_event else "call"]
    if message.aside:
        styles.append("aside")
    if message.status is None or message.status >= 500:
        styles.append("broken")
    elif message.status >= 400:
        styles.append("refused")
    return styles


def _detail(message: Message) -> str:
    """What a pointer over the arrow shows."""
    exchange = message.exchanges[0]
    sent = shorten(one_line(f"{exchange.request.method} {exchange.request.url}"), _LONGEST_DETAIL)
    return f"{_in_words(message)}\n{sent}"


def _in_words(message: Message) -> str:
    return f"{message.caller} to {message.callee}: {message.label}"


def _wide(text: str) -> float:
    return _CHARACTER * sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _fitting(text: str, width: float) -> str:
    if _wide(text) <= width:
        return text
    room = math.floor(width / _CHARACTER) - 1
    while _wide(text[:room]) > width:
        room -= 1
    return text[:room] + "…"
