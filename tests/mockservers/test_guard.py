"""With tokens in its environment a server lets in who has one of them, and nobody else."""

from __future__ import annotations

import httpx2
import pytest
from mock_waiting import eventually

from tmfrig.mockservers.guard import VARIABLE, tokens_of
from tmfrig.mockservers.running import serving


@pytest.mark.parametrize(
    ("value", "tokens"), [("", set()), (" , ", set()), ("a", {"a"}), ("a, b,,a ", {"a", "b"})]
)
def test_tokens_are_separated_by_commas(value: str, tokens: set[str]) -> None:
    assert tokens_of({VARIABLE: value}) == tokens
    assert tokens_of({}) == set()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (None, 401),
        ("Bearer", 401),
        ("Bearer c", 401),
        ("Bearer A", 401),
        ("Basic a", 401),
        ("Bearer a", 200),
        ("bearer b", 200),
    ],
)
def test_one_of_the_tokens_lets_in(monkeypatch: pytest.MonkeyPatch, sent: str | None, status: int) -> None:
    monkeypatch.setenv(VARIABLE, "a,b")
    headers = {} if sent is None else {"Authorization": sent}
    with serving(["TMF637"]) as urls, httpx2.Client(trust_env=False) as http:
        answer = http.get(f"{urls['TMF637']}/product", headers=headers)
    assert answer.status_code == status
    assert answer.headers.get("www-authenticate", "").startswith("Bearer") == (status == 401)
    if status == 401:
        assert answer.json()["code"] == "unauthorized"


def test_roles_behind_one_guard_let_each_other_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "a,b")
    order = {"productOrderItem": [{"id": "1", "action": "add", "productOffering": {"id": "fibre-500"}}]}
    with (
        serving(dataset="telco", com=True, wired=True, pace=0.02) as urls,
        httpx2.Client(trust_env=False, headers={"Authorization": "Bearer b"}) as http,
    ):
        placed = http.post(f"{urls['TMF622']}/productOrder", json=order)
        assert placed.status_code == 201, placed.text
        eventually(lambda: http.get(placed.json()["href"]).json()["state"] == "completed")


def test_without_tokens_everybody_is_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with serving(["TMF637"]) as urls, httpx2.Client(trust_env=False) as http:
        assert http.get(f"{urls['TMF637']}/product").status_code == 200
