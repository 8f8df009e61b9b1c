"""An order that a client says is completed has a date of completion, as one that the server completes."""

from __future__ import annotations

import httpx2
import pytest

from tmfrig.mockservers.running import serving


@pytest.mark.parametrize(
    ("api", "order", "line"),
    [("TMF622", "productOrder", 4), ("TMF641", "serviceOrder", 4), ("TMF622", "productOrder", 5)],
)
def test_who_completes_an_order_leaves_its_date(api: str, order: str, line: int) -> None:
    typed = {"@type": order[0].upper() + order[1:]} if line == 5 else {}
    item = {"id": "1", "action": "add"} | ({"@type": f"{typed['@type']}Item"} if typed else {})
    item |= {"service": {"name": "line"}} if order == "serviceOrder" else {}
    with serving([api], lines=(line,), pace=60.0) as urls, httpx2.Client(trust_env=False) as http:
        placed = http.post(f"{urls[api]}/{order}", json={**typed, f"{order}Item": [item]})
        assert placed.status_code == 201, placed.text
        assert "completionDate" not in placed.json()
        path = f"{urls[api]}/{order}/{placed.json()['id']}"
        for state in ("inProgress", "completed"):
            moved = http.patch(path, json={**typed, "state": state})
            assert moved.status_code == 200, moved.text
        completed = moved.json()["completionDate"]
        assert http.patch(path, json={**typed, "description": "later"}).json()["completionDate"] == completed
