"""The journal: who called whom, each exchange once, without secrets and within bounds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx2
import orjson
import pytest
from mock_listening import listening
from mock_waiting import eventually

from tmfrig.mockservers.journal import LARGEST_TEXT, Journal, Moment, Said, Span, secrets_in
from tmfrig.mockservers.journal_entry import Wanted
from tmfrig.mockservers.running import serving
from tmfrig.mockservers.tracing import Trace

TRACE = Trace("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
ORDER = {"productOrderItem": [{"id": "1", "action": "add"}]}
SERVICE = {"name": "line", "serviceSpecification": {"id": "line"}}
SERVICE_ORDER = {"serviceOrderItem": [{"id": "1", "action": "add", "service": SERVICE}]}


def entries(http: httpx2.Client, urls: Mapping[str, str], **query: Any) -> list[dict[str, Any]]:
    answer = http.get(urls["admin"] + "/journal", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def note(journal: Journal, path: str = "/x", body: bytes = b"", query: bytes = b"", **headers: str) -> None:
    scope = {
        "method": "POST",
        "path": path,
        "query_string": query,
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        "client": ("192.0.2.7", 1),
    }
    said = Said(body)
    said.hear(201, body)
    journal.answered(Moment(), scope, TRACE, said)


def test_what_is_answered_is_told_with_its_trace_and_its_bodies(http: httpx2.Client) -> None:
    headers = {"X-Client-Id": "channel", "traceparent": TRACE.header}
    with serving(["TMF622"], admin=True, pace=60) as urls:
        http.post(urls["TMF622"] + "/productOrder?fields=id", json=ORDER, headers=headers)
        (told,) = entries(http, urls)
    assert told["time"].endswith("Z")
    assert 0 < told["seconds"] < 5
    assert json.loads(told["requestBody"]) == ORDER
    assert "id" in json.loads(told["responseBody"])
    ours = {
        name: told[name] for name in told if name not in ("time", "seconds", "requestBody", "responseBody")
    }
    assert ours == {
        "number": 1,
        "direction": "answered",
        "caller": "channel",
        "callee": "TMF622",
        "kind": "request",
        "method": "POST",
        "path": "/tmf-api/productOrderingManagement/v4/productOrder",
        "query": "fields=id",
        "status": 201,
        "problem": None,
        "traceId": TRACE.trace_id,
        "spanId": TRACE.span_id,
        "parentSpanId": None,
    }


def test_who_does_not_say_its_name_is_known_by_its_program_or_its_address() -> None:
    journal = Journal()
    note(journal, x_client_id="channel", user_agent="curl/8.5")
    note(journal, user_agent="Apache-HttpClient/4.5 (Java/17)")
    note(journal)
    assert [each.caller for each in journal.entries()] == ["channel", "Apache-HttpClient", "192.0.2.7"]


def test_a_request_without_a_trace_begins_one(http: httpx2.Client) -> None:
    with listening() as listener, serving(["TMF622"], admin=True, pace=60) as urls:
        http.post(urls["TMF622"] + "/hub", json={"callback": listener.url})
        http.post(urls["TMF622"] + "/productOrder", json=ORDER)
        listener.wait_for("ProductOrderCreateEvent")
        sent = eventually(lambda: entries(http, urls, method="POST", path="/callback"))[0]
        order = entries(http, urls, path="*/productOrder")[0]
    assert order["traceId"] == sent["traceId"] != None  # noqa: E711
    assert sent["parentSpanId"] == order["spanId"]


def test_notifications_that_leave_are_told_with_who_registered_for_them(http: httpx2.Client) -> None:
    with listening() as listener, serving(["TMF622"], admin=True, pace=60) as urls:
        headers = {"X-Client-Id": "shop"}
        http.post(urls["TMF622"] + "/hub", json={"callback": listener.url}, headers=headers)
        http.post(urls["TMF622"] + "/productOrder", json=ORDER)
        listener.wait_for("ProductOrderCreateEvent")
        (sent,) = eventually(lambda: entries(http, urls, callee="shop"))
    names = ("direction", "caller", "callee", "kind", "method", "path", "status")
    assert [sent[name] for name in names] == [
        "sent",
        "TMF622",
        "shop",
        "notification",
        "POST",
        "/callback",
        201,
    ]
    assert json.loads(sent["requestBody"])["eventType"] == "ProductOrderCreateEvent"


def test_what_gets_no_answer_is_told_with_the_reason(http: httpx2.Client) -> None:
    with serving(["TMF622"], admin=True, pace=60) as urls:
        http.post(
            urls["TMF622"] + "/hub", json={"callback": "http://127.0.0.1:1/x"}, headers={"User-Agent": ""}
        )
        http.post(urls["TMF622"] + "/productOrder", json=ORDER)
        sent = eventually(lambda: entries(http, urls, path="/x"))[0]
    assert sent["status"] is None
    assert sent["responseBody"] is None
    assert "Connect" in sent["problem"]


def test_roles_of_one_process_are_each_told_once(http: httpx2.Client) -> None:
    with serving(["TMF638", "TMF641"], admin=True, pace=0.01) as urls:
        headers = {"X-Client-Id": "channel", "traceparent": TRACE.header}
        order = http.post(urls["TMF641"] + "/serviceOrder", json=SERVICE_ORDER, headers=headers).json()
        eventually(lambda: http.get(order["href"]).json()["state"] == "completed")
        written = entries(http, urls, callee="TMF638", caller="activation", trace=TRACE.trace_id)
    assert [each["method"] for each in written if each["method"] != "GET"] == ["POST", *["PATCH"] * 4]
    assert {each["direction"] for each in written} == {"answered"}
    assert len({each["spanId"] for each in written}) == len(written)
    assert all(each["parentSpanId"] for each in written)


def test_an_external_role_is_called_by_its_name(http: httpx2.Client) -> None:
    with serving(["TMF638"], admin=True) as theirs:
        externals = {"TMF638": theirs["TMF638"]}
        with serving(["TMF641"], externals=externals, admin=True, pace=0.01) as urls:
            order = http.post(urls["TMF641"] + "/serviceOrder", json=SERVICE_ORDER).json()
            eventually(lambda: http.get(order["href"]).json()["state"] == "completed")
            sent = entries(http, urls, callee="TMF638")
            seen = entries(http, theirs, caller="activation")
    assert {(each["direction"], each["caller"]) for each in sent} == {("sent", "activation")}
    assert {each["spanId"] for each in sent} == {each["spanId"] for each in seen}
    assert all(each["path"].startswith("/tmf-api/serviceInventory/v4/service") for each in sent)


def test_the_callee_is_the_role_whose_url_it_is() -> None:
    places = {
        "TMF641": "http://so/v4",
        "COM": "http://com:1/com",
        "TMF620": "http://all/620",
        "TMF633": "http://all/633",
    }
    journal = Journal(places=places)
    for url in (
        "http://so/v4/serviceOrder",
        "http://com:1/elsewhere",
        "http://all/x",
        "http://u:p@other:2/y",
    ):
        with journal.sending("POST", url, b"", caller="TMF622", trace=TRACE, span=Span(None)) as said:
            said.hear(204, b"")
    assert [each.callee for each in journal.entries()] == ["TMF641", "COM", "all", "other:2"]


def test_posts_to_callbacks_are_notifications() -> None:
    journal = Journal({"/com/v1": "COM"})
    note(journal, "/com/v1/callback/TMF622")
    note(journal, "/com/v1/listener/orchestrationCreateEvent")
    note(journal, "/com/v1/reconciliationJob")
    assert [each.kind for each in journal.entries()] == ["notification", "notification", "request"]


def test_secrets_are_not_kept(http: httpx2.Client) -> None:
    headers = {
        "Authorization": "Bearer s3cr3t-one",
        "Cookie": "session=s3cr3t-two",
        "X-Api-Key": "s3cr3t-three",
    }
    with serving(["TMF622"], admin=True, pace=60) as urls:
        http.post(urls["TMF622"] + "/productOrder", json=ORDER, headers=headers)
        http.get(urls["TMF622"] + "/productOrder?access_token=s3cr3t-four&state=held", headers=headers)
        told = entries(http, urls)
    assert "s3cr3t" not in json.dumps(told)
    assert told[1]["query"] == "access_token=***&state=held"


def test_what_logs_us_in_is_masked_where_somebody_repeats_it() -> None:
    journal = Journal(secrets=secrets_in([{"Authorization": "Bearer t0p-s3cr3t"}]))
    note(journal, body=b'{"you said": "Bearer t0p-s3cr3t, or t0p-s3cr3t"}')
    (told,) = journal.entries()
    assert orjson.dumps(told.body()).count(b"t0p-s3cr3t") == 0


def test_bodies_are_kept_up_to_a_length() -> None:
    journal = Journal()
    note(journal, body=b"x" * (LARGEST_TEXT + 1))
    (told,) = journal.entries()
    assert (len(told.request), len(told.response)) == (LARGEST_TEXT, LARGEST_TEXT)


def test_large_bodies_come_in_parts_and_are_kept_up_to_a_length(http: httpx2.Client) -> None:
    with serving(["TMF622"], admin=True, pace=60) as urls:
        http.post(urls["TMF622"] + "/productOrder", json=ORDER | {"description": "x" * 300_000})
        (told,) = entries(http, urls)
    assert (len(told["requestBody"]), len(told["responseBody"])) == (LARGEST_TEXT, LARGEST_TEXT)


@pytest.mark.parametrize("bounds", [{"most_entries": 3}, {"most_text": 60}])
def test_the_oldest_entries_go_and_are_counted(bounds: dict[str, int]) -> None:
    journal = Journal(**bounds)
    for _ in range(5):
        note(journal, body=b"ten bytes!")
    assert [each.number for each in journal.entries()] == [3, 4, 5]
    assert journal.dropped == 2
    assert [each.number for each in journal.entries(Wanted(after=4))] == [5]
    assert [each.number for each in journal.entries(Wanted(after=1))] == [3, 4, 5]


def test_numbers_go_on_after_it_was_cleared() -> None:
    journal = Journal()
    note(journal)
    journal.clear()
    note(journal)
    assert [each.number for each in journal.entries()] == [2]


def test_without_the_admin_api_there_is_no_journal(http: httpx2.Client) -> None:
    with serving(["TMF622"], wired=True) as urls:
        origin = urls["TMF622"].partition("/tmf-api")[0]
        assert "admin" not in urls
        assert http.get(origin + "/tmfrig/admin/v1/journal").status_code == 404
        assert http.post(origin + "/tmfrig/admin/v1/reset").status_code == 404
