"""A sequence is drawn on the page within its bounds, and no text of a target leaves its place in it."""

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from exchanges import BASES, CALLBACK, TARGETS, at, event, exchange, registration, step

from tmfrig.reports.html import render_html
from tmfrig.reports.result import Outcome
from tmfrig.reports.sequence import Diagram
from tmfrig.reports.sequence_drawing import drawing_of

Maker = Callable[..., Any]
Drawn = Callable[..., Diagram]


def svgs(html: str) -> list[ElementTree.Element]:
    """The strips of the page's sequences, which are well-formed by themselves."""
    return [
        ElementTree.fromstring(f'<svg class="strip{part.partition("</svg>")[0]}</svg>')
        for part in html.split('<svg class="strip')[1:]
    ]


def test_the_page_draws_each_scenario(a_run: Maker, a_result: Maker) -> None:
    steps = [step(registration()), step(event("ProductOrderCreateEvent", "acknowledged"))]
    html = render_html(a_run(a_result(steps=steps), targets=TARGETS))
    assert "Sequence of 2 exchanges" in html
    names, *strips = svgs(html)
    assert names.findtext("desc") == "channel, TMF622"
    assert [strip.findtext("title") for strip in strips] == ["When the channel orders"] * 2
    assert strips[0].findtext("desc") == "channel to TMF622: POST /hub → 201"
    assert {strip.get("role") for strip in (names, *strips)} == {"img"}
    assert len({strip.get("width") for strip in (names, *strips)}) == 1


@pytest.mark.parametrize(
    ("outcome", "is_open"), [(Outcome.passed, False), (Outcome.failed, True), (Outcome.error, True)]
)
def test_what_did_not_hold_is_unfolded(
    a_run: Maker, a_result: Maker, outcome: Outcome, is_open: bool
) -> None:
    html = render_html(a_run(a_result(outcome=outcome, steps=[step(registration())])))
    assert ('<details class="fold sequence" open>' in html) is is_open


def test_a_scenario_that_sent_nothing_has_no_drawing(a_run: Maker, a_result: Maker) -> None:
    html = render_html(a_run(a_result(steps=[step()]), a_result(steps=[step(outcome=Outcome.failed)])))
    assert 'class="strip' not in html


@pytest.mark.parametrize("number", range(2, 20))
def test_everything_lies_within_the_drawing(drawn: Drawn, number: int) -> None:
    calls = [
        exchange("GET", f"http://x.example/{'p' * place * 9}", caller=f"r{place}", callee=f"r{place % 7}")
        for place in range(number)
    ]
    drawing = drawing_of(drawn(step(*calls)))
    assert drawing is not None
    assert all(lane.left >= 0 and lane.left + lane.width <= drawing.width for lane in drawing.lanes)
    boxes = sorted((lane.left, lane.left + lane.width) for lane in drawing.lanes)
    assert all(left[1] < right[0] for left, right in pairwise(boxes))
    for strip in drawing.strips:
        for arrow in strip.arrows:
            points = [point.split(",") for point in f"{arrow.line} {arrow.tip}".split()]
            assert all(0 <= float(x) <= drawing.width and 0 <= float(y) <= strip.height for x, y in points)
            assert len(arrow.label) * 3 < arrow.label_x < drawing.width - len(arrow.label) * 3


def test_a_long_step_can_be_printed_on_several_sheets(drawn: Drawn) -> None:
    drawing = drawing_of(drawn(step(*[at("TMF622", "POST", "/productOrder", 201)] * 45)))
    assert drawing is not None
    assert [len(strip.arrows) for strip in drawing.strips] == [20, 20, 5]
    assert [strip.caption for strip in drawing.strips] == ["When the channel orders", "", ""]


def test_hostile_text_stays_text_in_the_drawing(a_run: Maker, a_result: Maker, hostile: str) -> None:
    bad = f"</svg>\u202e{hostile}"
    evidence = [
        exchange(bad, bad, None, bad, caller=bad, callee=bad),
        exchange("GET", f"{BASES['TMF622']}/{'x' * 1_000_000}"),
        exchange("POST", CALLBACK, 201, json.dumps({"eventType": bad, "event": {"a": {"state": bad}}})),
        at("TMF622", "POST", "/hub", 201, body=json.dumps({"callback": bad})),
    ]
    html = render_html(a_run(a_result(steps=[step(*evidence, keyword=bad, text=bad)]), targets=TARGETS))
    section = html[html.index("Sequence of 4") :].partition("</details>")[0]
    assert len(section) < 20_000
    assert {"script", "img", "style"}.isdisjoint(
        element.tag for strip in svgs(section) for element in strip.iter()
    )
    assert not [part for strip in svgs(section) for part in strip.iter() if "style" in part.attrib]
    assert {character for character in section if not character.isprintable()} <= {"\n"}
    assert r"&lt;/svg&gt;\u202e&lt;/pre&gt;" in section
