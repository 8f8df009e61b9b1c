"""Scenarios as documentation: Mermaid text and Markdown, which no text of a target can steer."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from exchanges import ORDER, TARGETS, at, event, exchange, registration, step
from markdown_it import MarkdownIt

from tmfrig.reports.mermaid import mermaid
from tmfrig.reports.result import Outcome
from tmfrig.reports.scenario_document import scenario_document, title_of
from tmfrig.reports.sequence import Diagram

Maker = Callable[..., Any]
Drawn = Callable[..., Diagram]


def test_mermaid_text(drawn: Drawn) -> None:
    diagram = drawn(
        step(registration(), keyword="Given", text="the channel listens; quietly"),
        step(
            at("TMF622", "GET", ORDER, None),
            event("ProductOrderCreateEvent", "held"),
            journal=[at("TMF641", "POST", "/serviceOrder?a=1&b=2", 201, caller="COM")],
        ),
    )
    assert mermaid(diagram) == (
        "sequenceDiagram\n"
        "    participant P1 as channel\n"
        "    participant P2 as TMF622\n"
        "    participant P3 as COM\n"
        "    participant P4 as TMF641\n"
        "    Note over P1,P4: Given the channel listens#59; quietly\n"
        "    P1->>P2: POST /hub → 201\n"
        "    Note over P1,P4: When the channel orders\n"
        "    P1-xP2: GET /productOrder/{id} → no response\n"
        "    P2-)P1: ProductOrderCreateEvent held → 201\n"
        "    P3-->>P4: POST /serviceOrder?a=1#38;b=2 → 201\n"
    )


def test_hostile_text_cannot_steer_mermaid(drawn: Drawn, hostile: str) -> None:
    bad = f"%%{{init: {{}}}}%%\n```\nend; A->>B: #quot; {hostile}"
    text = mermaid(drawn(step(exchange(bad, bad, caller=bad, callee="end"), keyword=bad, text=bad)))
    assert len(text.splitlines()) == 5
    for forbidden in ("%", "```", "<", ">B", "\x1b", "\u202e"):
        assert forbidden not in text.replace("->>", "")


def test_one_participant_and_none(drawn: Drawn) -> None:
    alone = exchange("POST", "http://com/", caller="COM", callee="COM")
    assert "Note over P1: When" in mermaid(drawn(step(alone)))
    assert mermaid(drawn(step())) == "sequenceDiagram\n"


# ── the document ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_scenario_becomes_a_chapter(a_run: Maker, a_result: Maker) -> None:
    polls = [
        at("TMF622", "GET", ORDER, answer='{"state":"inProgress"}'),
        at("TMF622", "GET", ORDER, answer='{"state":"completed"}'),
    ]
    order = at("TMF622", "POST", "/productOrder", 201, body='{"productOrderItem":[]}')
    scenario = a_result(
        check="scenario.order",
        source='scenario "A customer\'s order", ordering.feature, line 6',
        outcome=Outcome.failed,
        message="It is *late*.",
        steps=[step(order), step(*polls, keyword="Then", text="it is late", outcome=Outcome.failed)],
    )
    text = scenario_document(a_run(scenario, a_result(), targets=TARGETS))
    for part in (
        "One scenario, played by tmfrig",
        "## A customer's order\n\n`scenario.order`, TMF622 v4, MUST: **failed** in 0.01 s.",
        "> It is \\*late\\*.",
        "- **When** the channel orders\n- **Then** it is late (failed)",
        "```mermaid\nsequenceDiagram\n",
        'channel → TMF622: `POST /productOrder` → **201**\n\n```json\n{\n  "productOrderItem": []\n}\n```',
        f"`GET {ORDER}`, 2 times, at last → **200**\n\nAnswer:\n\n"
        '```json\n{\n  "state": "completed"\n}\n```',
    ):
        assert part in text
    assert "inProgress" not in text


def test_long_bodies_are_cut(a_run: Maker, a_result: Maker) -> None:
    whole = json.dumps([{"id": str(number), "name": "n" * 500} for number in range(60)])
    for body in (whole, whole[:20_000] + "… (35000 more bytes)"):
        answered = at("TMF620", "GET", "/productOffering", answer=body)
        text = scenario_document(a_run(a_result(steps=[step(answered)]), targets=TARGETS))
        block = text.partition("```json\n")[2].partition("\n```")[0].split("\n")
        assert block[:3] == ["[", "  {", '    "id": "0",']
        assert len(block) == 41
        assert max(map(len, block)) < 200
        assert "more lines)" in block[-1]


def test_hostile_text_stays_text_in_the_document(a_run: Maker, a_result: Maker, hostile: str) -> None:
    bad = f"`` ```\n```\n# owned\n{hostile}"
    evidence = exchange(bad, bad, 200, bad, bad, caller=bad, callee=bad)
    steps = [step(evidence, keyword=bad, text=bad)]
    text = scenario_document(
        a_run(a_result(check=bad, api=bad, version=bad, message=bad, source=bad, steps=steps))
    )
    assert {character for character in text if not character.isprintable()} <= {"\n"}
    html = MarkdownIt("commonmark", {"html": True}).render(text)
    assert {tag.lower() for tag in re.findall(r"<(\w+)", html)} <= {
        *("h1", "h2", "h3", "h4", "p", "strong", "code", "pre", "ul", "li", "blockquote"),
    }
    assert html.count("<h1>") == html.count("<h2>") == 1
    assert html.count("<pre>") == 3


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("scenario 'An order', ordering.feature, line 6", "An order"),
        ('scenario "A customer\'s order"', "A customer's order"),
        ("scenario '\\x'", "create.location"),
        ("rule HTTP-05", "create.location"),
    ],
)
def test_the_title_is_that_of_the_feature_file(a_result: Maker, source: str, title: str) -> None:
    assert title_of(a_result(source=source)) == title


def test_a_run_without_scenarios_says_so(a_run: Maker, a_result: Maker) -> None:
    assert "0 scenarios" in scenario_document(a_run(a_result()))
