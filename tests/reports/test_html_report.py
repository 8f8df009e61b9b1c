"""The HTML page says everything, needs nothing else, and cannot be turned against whoever opens it."""

import base64
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pages import Page

from tmfrig.reports.html import render_html, write_html
from tmfrig.reports.result import (
    Evidence,
    Level,
    Outcome,
    RecordedRequest,
    RecordedResponse,
    Step,
    record,
)

Maker = Callable[..., Any]


@pytest.fixture
def failed(a_result: Maker, an_exchange: Evidence) -> Any:
    return a_result(
        outcome=Outcome.failed,
        message="201 without Location",
        expected="Location: a URL",
        actual="no Location header",
        evidence=[an_exchange],
    )


def test_a_failure_is_told_completely(a_run: Maker, failed: Any, an_exchange: Evidence) -> None:
    page = Page(render_html(a_run(failed), {"create.location": "A 201 names the new resource."}))
    for part in (
        *("Nonconformant", "1 of 1 mandatory checks does not hold, for one cause."),
        *(
            "TMF622 Product Ordering",
            "create.location",
            "A 201 names the new resource.",
            "201 without Location",
        ),
        *("Location: a URL", "no Location header", "rule HTTP-05", an_exchange.curl, '"5f0c"'),
    ):
        assert part in page.text
    assert "s3cr3t" not in page.text


def test_one_cause_in_two_places_is_one_finding(a_run: Maker, a_result: Maker) -> None:
    results = [
        a_result(outcome=Outcome.failed, resource=name, message=f"{name} has no Location")
        for name in ("productOrder", "cancelProductOrder")
    ]
    page = Page(
        render_html(a_run(*results, a_result(check="other.rule", outcome=Outcome.failed, message="x")))
    )
    assert "3 of 3 mandatory checks do not hold, for 2 causes." in page.text
    assert len(page.named("article")) == 2


def test_every_outcome_is_shown(a_run: Maker, a_result: Maker) -> None:
    page = Page(
        render_html(
            a_run(
                a_result(check="a.passed"),
                a_result(check="a.error", outcome=Outcome.error, message="connection closed"),
                a_result(check="a.warned", level=Level.SHOULD, outcome=Outcome.warned, message="no Link"),
                a_result(check="a.waived", outcome=Outcome.waived, message="accepted until June"),
                a_result(check="a.skipped", outcome=Outcome.skipped, message="DELETE is not offered"),
            )
        )
    )
    assert "1 of 3 mandatory checks could not be judged; 1 waived." in page.text
    for part in ("connection closed", "no Link", "accepted until June", "DELETE is not offered", "a.passed"):
        assert part in page.text


def test_the_page_needs_nothing_else(a_run: Maker, failed: Any) -> None:
    page = Page(render_html(a_run(failed)))
    loading = [
        (tag, value)
        for tag, attributes in page.tags
        for name, value in attributes.items()
        if name in ("src", "href", "srcset", "action", "data", "poster")
    ]
    assert loading == [("link", "data:,"), ("a", "#findings")]
    assert not re.search(r"url\(|@import", "".join(page.styles))


def test_only_our_own_style_and_script_are_allowed(a_run: Maker, failed: Any) -> None:
    page = Page(render_html(a_run(failed)))
    (policy,) = [
        meta["content"] for meta in page.named("meta") if meta.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for kind, contents in (("style-src", page.styles), ("script-src", page.scripts)):
        digest = base64.b64encode(hashlib.sha256("".join(contents).encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy
    assert not [attributes for _, attributes in page.tags if "style" in attributes]


def test_hostile_text_stays_text(a_run: Maker, a_result: Maker, hostile: str) -> None:
    headers = {hostile: hostile}
    exchange = record(
        RecordedRequest(method=hostile, url=hostile, headers=headers, body=hostile),
        RecordedResponse(status=200, headers=headers, body=hostile),
    )
    steps = [Step(keyword=hostile, text=hostile, outcome=Outcome.failed, evidence=[exchange])]
    texts = ("check", "api", "version", "resource", "message", "source", "expected", "actual")
    every = dict.fromkeys(texts, hostile) | {"evidence": [exchange], "steps": steps}
    results = [a_result(outcome=outcome, **every) for outcome in Outcome if outcome is not Outcome.warned]
    html = render_html(a_run(*results), {hostile: hostile})
    page = Page(html)
    assert len(page.scripts) == 1
    assert page.named("img") == []
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    assert {character for character in html if not character.isprintable()} <= {"\n", "\t"}
    assert "{{ 7*7 }} {% raw %}" in page.text
    assert r"\u202egnp.exe" in page.text


def test_a_huge_body_is_cut_with_a_note(a_run: Maker, a_result: Maker) -> None:
    exchange = record(
        RecordedRequest(method="POST", url="http://a.example/x", body="A" * 1_000_000),
        RecordedResponse(status=200, body='{"a":"' + "B" * 1_000_000 + '"}'),
    )
    run = a_run(a_result(outcome=Outcome.failed, message="C" * 1_000_000, evidence=[exchange]))
    html = render_html(run)
    assert len(html) < 100_000
    assert "The first 6,000 of 1,000,000 characters" in html
    assert "too long for a useful curl line" in html


def test_hundreds_of_alike_failures_stay_readable(
    a_run: Maker, a_result: Maker, an_exchange: Evidence
) -> None:
    results = [
        a_result(outcome=Outcome.failed, message="no", evidence=[an_exchange] * 20) for _ in range(300)
    ]
    page = Page(render_html(a_run(*results)))
    assert len(page.named("article")) == 1
    assert "287 more of the same are in the JSON result" in page.text
    assert "14 earlier exchanges are in the JSON result" in page.text


def test_scenarios_show_their_steps(a_run: Maker, a_result: Maker, an_exchange: Evidence) -> None:
    steps = [
        Step(keyword="When", text="the channel orders fibre", outcome=Outcome.passed, evidence=[an_exchange]),
        Step(keyword="Then", text="the order is completed", outcome=Outcome.failed),
    ]
    page = Page(render_html(a_run(a_result(outcome=Outcome.failed, message="still held", steps=steps))))
    assert "Lifecycle report" in page.text
    assert "When the channel orders fibre (passed)" in page.text
    assert "Then the order is completed (failed)" in page.text
    assert an_exchange.curl in page.text


def test_a_screen_reader_finds_its_way(a_run: Maker, failed: Any) -> None:
    page = Page(render_html(a_run(failed)))
    identities = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(identities) == len(set(identities))
    named = {value for _, attributes in page.tags for value in [attributes.get("aria-labelledby")] if value}
    assert named <= set(identities)
    assert all("scope" in header for header in page.named("th"))
    assert page.named("html") == [{"lang": "en"}]
    assert len(page.named("h1")) == len(page.named("main")) == 1


def test_an_empty_run_has_a_page(a_run: Maker) -> None:
    assert (
        "No mandatory check was found to hold, so nothing is proven."
        in Page(render_html(a_run(targets=[]))).text
    )


def test_an_unknown_api_has_a_page(a_run: Maker, a_result: Maker) -> None:
    assert "TMF999" in Page(render_html(a_run(a_result(api="TMF999", version="x")))).text


def test_the_file_is_written_with_its_folder(a_run: Maker, failed: Any, tmp_path: Path) -> None:
    path = tmp_path / "tmfrig-report" / "index.html"
    write_html(a_run(failed), path)
    assert path.read_text("utf-8") == render_html(a_run(failed))
