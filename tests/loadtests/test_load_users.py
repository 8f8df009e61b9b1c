"""What users do to a target: the reference servers, as a whole and in parts."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from loaded_vendor import LoadedVendor, serving_load

from tmfrig.loadtests.slo import DELAY, POLLED
from tmfrig.mockservers.running import serving
from tmfrig.specs import API_IDS, lines_of

PROGRAM = Path(__file__).parent / "crowd_at_work.py"
EVERYBODY = {"shopper": 1, "care-agent": 1, "fulfilment": 1, "inventory-reader": 1}
IN_BOTH = [
    "TMF620 GET productOffering",
    "TMF620 GET productOffering/{id}",
    "TMF622 POST productOrder",
    "TMF622 GET productOrder/{id}",
    "TMF622 POST cancelProductOrder",
    "TMF637 GET product",
    "TMF637 GET product/{id}",
    "TMF637 POST product",
    "TMF637 PATCH product/{id}",
    "TMF638 POST service",
    "TMF638 PATCH service/{id}",
    "TMF638 DELETE service/{id}",
    "TMF638 GET service/{id}",
]
ONLY_IN = {
    4: [
        "TMF633 GET serviceSpecification",
        "TMF641 POST serviceOrder",
        "TMF641 GET serviceOrder/{id}",
        "TMF645 POST checkServiceQualification",
        "TMF679 POST productOfferingQualification",
    ],
    5: ["TMF679 POST checkProductOfferingQualification"],
}


@pytest.fixture(scope="module")
def everything() -> Iterator[Mapping[str, str]]:
    with serving(lines=(4, 5), dataset="telco", com=True, pace=0.02) as urls:
        yield urls


def target(urls: Mapping[str, str], version: int = 4, **more: Any) -> dict[str, Any]:
    apis = [
        {"api": api, "version": version, "url": urls[f"{api}.v{version}"]}
        for api in API_IDS
        if version in lines_of(api) and f"{api}.v{version}" in urls
    ]
    return {"apis": apis, **more}


def at_work(target: Mapping[str, Any], profile: Mapping[str, Any], **awaited: Any) -> dict[str, Any]:
    told = json.dumps({"target": target, "profile": profile, **awaited})
    done = subprocess.run(
        [sys.executable, PROGRAM, told], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    assert (said["missing"], said["faults"]) == ([], [])
    return said


def test_all_users_together_find_nothing_wrong_with_the_reference_servers(
    everything: Mapping[str, str],
) -> None:
    said = at_work(
        target(everything, 4),
        {"users": 12, "mix": EVERYBODY, "receivers": 1},
        operations=[*IN_BOTH, *ONLY_IN[4], "TMF622 POST hub"],
        spans=[POLLED, DELAY],
        finished=1,
    )

    assert (said["failures"], said["troubles"], said["idle"], said["not_offered"]) == (0, [], [], [])
    assert said["longest"][DELAY] < said["seconds"]
    # nobody is left at the hubs
    assert said["requests"]["TMF622 DELETE hub/{id}"] == said["requests"]["TMF622 POST hub"] == 1


def test_orders_of_the_warm_up_are_followed_and_not_timed(everything: Mapping[str, str]) -> None:
    profile = {"users": 4, "mix": {"shopper": 1}, "warm_up": "1m"}
    done = at_work(target(everything), profile, operations=["TMF622 GET productOrder/{id}"])

    assert (done["accepted"], done["spans"]) == (0, {})


def test_at_a_rate_orders_are_followed_while_the_schedule_goes_on(everything: Mapping[str, str]) -> None:
    said = at_work(
        target(everything, 5),
        {"rate": 100, "mix": EVERYBODY},
        operations=[*IN_BOTH, *ONLY_IN[5]],
        spans=[POLLED],
    )

    assert (said["failures"], said["troubles"], said["idle"]) == (0, [], [])
    looks = said["requests"]["TMF622 GET productOrder/{id}"]
    assert looks <= 2 + said["requests"]["TMF622 POST productOrder"] * said["seconds"]


class OrderingAlone(LoadedVendor):
    """Takes orders, and has no hub."""

    def place(self, body: dict[str, Any]) -> tuple[int, Any]:
        return (404, {"code": "404", "reason": "no hub"}) if "callback" in body else super().place(body)


def test_users_do_what_there_is_to_do_with_what_the_vendor_says(tmp_path: Path) -> None:
    order = {"productOrderItem": [{"id": "7", "action": "add", "productOffering": {"id": "theirs"}}]}
    data = tmp_path / "data.json"
    data.write_text(json.dumps({"resources": {"productOrder": {"create": order}}}))
    vendor = OrderingAlone(fails_after=3)
    with serving_load(vendor) as url:
        said = at_work(
            {"apis": [{"api": "TMF622", "version": 4, "url": url}], "data": str(data)},
            {"users": 8, "mix": {"shopper": 6, "fulfilment": 1, "inventory-reader": 1}, "receivers": 1},
            operations=["TMF622 POST hub", "TMF622 GET productOrder/{id}"],
            failures=1,
        )

    assert said["idle"] == ["fulfilment", "inventory-reader"]
    assert said["not_offered"] == ["TMF622 POST hub"]
    assert [each["productOrderItem"] for each in vendor.orders] == [order["productOrderItem"]] * 3
    (trouble,) = said["troubles"]
    assert trouble.startswith("TMF622 POST productOrder: POST /productOrder: answered 500")
