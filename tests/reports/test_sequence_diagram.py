"""The sequence of a scenario tells who called whom, whatever is known of the callers and however long."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from exchanges import BASES, CALLBACK, ORDER, TARGETS, arrows, at, event, exchange, registration, step

from tmfrig.reports.json_report import write_json
from tmfrig.reports.result import Outcome, Result, read_result, result_schema
from tmfrig.reports.sequence import MOST_MESSAGES, Diagram, sequence_of

Maker = Callable[..., Any]
Drawn = Callable[..., Diagram]


# ── who spoke to whom ───────────────────────────────────────────────────────────────────────────────────────


def test_the_channel_calls_what_is_in_front_and_the_rig_what_is_behind(drawn: Drawn) -> None:
    assert arrows(
        drawn(step(at("TMF622", "POST", "/productOrder", 201), at("TMF638", "GET", "/service")))
    ) == [
        ("channel", "TMF622", "POST /productOrder → 201"),
        ("rig", "TMF638", "GET /service → 200"),
    ]


def test_recorded_roles_come_first(drawn: Drawn) -> None:
    told = at("TMF641", "POST", "/serviceOrder", 201, caller="COM", callee="TMF641")
    external = exchange("PATCH", "https://vendor.example/so/v4/serviceOrder/7", caller="activation")
    assert arrows(drawn(step(told, external))) == [
        ("COM", "TMF641", "POST /serviceOrder → 201"),
        ("activation", "vendor.example", "PATCH /serviceOrder/{id} → 200"),
    ]


def test_a_notification_goes_to_whoever_registered_the_callback(drawn: Drawn) -> None:
    diagram = drawn(step(registration(), event("ProductOrderStateChangeEvent", "held")))
    assert arrows(diagram)[1] == ("TMF622", "channel", "ProductOrderStateChangeEvent held → 201")
    assert diagram.sections[0].messages[1].is_event


def test_a_callback_is_not_taken_for_one_that_begins_alike(drawn: Drawn) -> None:
    other = event("ServiceOrderCreateEvent", "acknowledged", f"{CALLBACK}0", caller="TMF641")
    assert arrows(drawn(step(registration(), other)))[1][:2] == ("TMF641", "rig")


def test_a_notification_without_a_body_is_known_by_its_listener(drawn: Drawn) -> None:
    url = "http://com:8650/listener/serviceOrderStateChangeEvent"
    notified = exchange("POST", url, 204, caller="TMF641", callee="COM")
    assert arrows(drawn(step(notified))) == [("TMF641", "COM", "ServiceOrderStateChangeEvent → 204")]


def test_participants_stand_in_the_order_of_the_business(drawn: Drawn) -> None:
    calls = [
        exchange("GET", "http://x.example/", caller=caller, callee=callee)
        for caller, callee in [
            ("legacy", "TMF637"),
            ("activation", "TMF638"),
            ("COM", "TMF641"),
            ("channel", "TMF622"),
            ("channel", "TMF679"),
        ]
    ]
    assert drawn(step(*calls)).participants == (
        *("channel", "TMF679", "TMF622", "COM", "TMF641", "activation", "TMF638", "TMF637", "legacy"),
    )


# ── what is told ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (
            f"{BASES['TMF620']}/productOffering/fibre-100?fields=id",
            "GET /productOffering/{id}?fields=id → 200",
        ),
        (f"{BASES['TMF620']}", "GET / → 200"),
        (f"{BASES['TMF620']}x/y", "GET /tmf-api/productCatalogManagement/v4x/y → 200"),
        ("https://b.example/tmf-api/anything/v5/product/fibre", "GET /product/{id} → 200"),
        ("http://other.example/orders/42/lines", "GET /orders/{id}/lines → 200"),
        ("http://[", "GET http://[ → 200"),
        ("", "GET / → 200"),
    ],
)
def test_paths_are_general_and_below_their_api(drawn: Drawn, url: str, said: str) -> None:
    assert arrows(drawn(step(exchange("GET", url))))[0][2] == said


def test_polling_is_one_arrow_also_where_others_speak_meanwhile(drawn: Drawn) -> None:
    polls = [at("TMF622", "GET", ORDER) for _ in range(7)]
    polls.insert(3, event("ProductOrderStateChangeEvent", "inProgress", caller="TMF622"))
    diagram = drawn(step(*polls))
    assert [label for _, _, label in arrows(diagram)] == [
        "GET /productOrder/{id} ×7 → 200",
        "ProductOrderStateChangeEvent inProgress → 201",
    ]
    assert diagram.exchanges == 8


def test_what_the_caller_did_in_between_keeps_its_place(drawn: Drawn) -> None:
    read, write = at("TMF622", "GET", ORDER), at("TMF622", "PATCH", ORDER)
    missing = at("TMF622", "GET", ORDER, 404)
    labels = [
        label.split("/")[0] + label[-3:] for _, _, label in arrows(drawn(step(read, write, read, missing)))
    ]
    assert labels == ["GET 200", "PATCH 200", "GET 200", "GET 404"]
    assert len(arrows(drawn(step(write, write)))) == 2


def test_the_journal_is_told_beside_in_order_of_time(drawn: Drawn) -> None:
    mine = [at("TMF622", "POST", "/productOrder", 201, at=0.1), at("TMF622", "GET", ORDER, at=0.3)]
    others = [at("TMF641", "POST", "/serviceOrder", 201, caller="COM", at=0.2)]
    diagram = drawn(step(*mine, journal=others))
    assert [(message.caller, message.aside) for message in diagram.sections[0].messages] == [
        ("channel", False),
        ("COM", True),
        ("channel", False),
    ]


def test_a_step_is_a_divider_where_it_exchanged_something_or_stopped(drawn: Drawn) -> None:
    diagram = drawn(
        step(at("TMF620", "GET", "/productOffering"), keyword="Given", text="an offering"),
        step(text="nothing is sent"),
        step(keyword="Then", text="it holds", outcome=Outcome.failed),
    )
    assert [section.caption for section in diagram.sections] == ["Given an offering", "Then it holds"]


@pytest.mark.parametrize("sizes", [(200,), (59, 2, 100), (60, 60, 1), (1,) * 200, (60, 80)])
def test_of_a_long_sequence_the_beginning_and_the_end_are_shown(drawn: Drawn, sizes: Sequence[int]) -> None:
    write = at("TMF622", "POST", "/productOrder", 201)
    diagram = drawn(*(step(*[write] * size) for size in sizes))
    assert diagram.exchanges == sum(sizes)
    assert len(arrows(diagram)) == MOST_MESSAGES
    assert [section.left_out for section in diagram.sections if section.left_out] == [
        sum(sizes) - MOST_MESSAGES
    ]
    shown = 0
    for section in diagram.sections:
        shown += len(section.messages)
        if section.left_out:
            assert shown == MOST_MESSAGES // 2


def test_what_does_not_fit_beside_each_other_is_joined(drawn: Drawn) -> None:
    hosts = [exchange("GET", f"http://host{number}.example/") for number in range(40)]
    diagram = drawn(step(*hosts))
    assert len(diagram.participants) == 16
    assert diagram.participants[-1] == "others"
    assert {name for caller, callee, _ in arrows(diagram) for name in (caller, callee)} == set(
        diagram.participants
    )


# ── the result file ─────────────────────────────────────────────────────────────────────────────────────────


def test_roles_times_and_journal_are_written_and_read_back(
    a_run: Maker, a_result: Maker, tmp_path: Path
) -> None:
    told = at("TMF641", "POST", "/serviceOrder", 201, caller="COM", callee="TMF641", at=1.25)
    run = a_run(a_result(steps=[step(registration(), journal=[told]), step(told)]))
    path = tmp_path / "result.json"
    write_json(run, path)
    assert read_result(path) == run
    content = json.loads(path.read_text("utf-8"))
    assert list(jsonschema.Draft202012Validator(result_schema()).iter_errors(content)) == []
    first, second = content["results"][0]["steps"]
    assert first["journal"][0]["caller"] == "COM"
    assert "journal" not in second
    assert second["evidence"][0]["at"] == 1.25
    assert {"caller", "callee", "at"}.isdisjoint(first["evidence"][0])


def test_an_older_file_still_reads_and_is_drawn(a_run: Maker, a_result: Maker, tmp_path: Path) -> None:
    steps = [step(registration()), step(event("ProductOrderCreateEvent", "acknowledged"))]
    content = json.loads(a_run(a_result(steps=steps), targets=TARGETS).model_dump_json())
    assert all("journal" not in each for each in content["results"][0]["steps"])
    path = tmp_path / "older.json"
    path.write_text(json.dumps(content))
    run = read_result(path)
    result: Result = run.results[0]
    assert arrows(sequence_of(result, run.targets)) == [
        ("channel", "TMF622", "POST /hub → 201"),
        ("TMF622", "channel", "ProductOrderCreateEvent acknowledged → 201"),
    ]
