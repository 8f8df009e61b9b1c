"""What users do to a target: the reference servers, as a whole and in parts."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

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
    "TMF622 POST hub",
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
    done = subprocess.run([sys.executable, PROGRAM, told], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    assert (said["missing"], said["faults"]) == ([], [])
    return said


@pytest.mark.parametrize("version", [4, 5])
def test_all_users_together_find_nothing_wrong_with_the_reference_servers(
    everything: Mapping[str, str], version: int
) -> None:
    said = at_work(
        target(everything, version),
        {"users": 12, "mix": EVERYBODY, "receivers": 1},
        operations=[*IN_BOTH, *ONLY_IN[version]],
        spans=[POLLED, DELAY],
        finished=1,
    )

    assert (said["failures"], said["troubles"], said["idle"], said["not_offered"]) == (0, [], [], [])
    assert said["longest"][DELAY] < said["seconds"]
    # nobody is left at the hubs
    assert said["requests"]["TMF622 DELETE hub/{id}"] == said["requests"]["TMF622 POST hub"] == 1


def test_at_a_rate_orders_are_followed_while_the_schedule_goes_on(everything: Mapping[str, str]) -> None:
    said = at_work(
        target(everything), {"rate": 60, "mix": {"shopper": 1}}, operations=["TMF622 GET productOrder/{id}"], spans=[POLLED]
    )

    assert (said["failures"], said["troubles"]) == (0, [])
    requests = sum(said["requests"].values())
    assert requests <= 60 * said["seconds"] * 1.5
    assert said["requests"]["TMF622 GET productOrder/{id}"] < requests / 3


@pytest.mark.parametrize(
    ("api", "idle", "asked"),
    [
        ("TMF620", ["care-agent", "fulfilment", "inventory-reader"], ["TMF620 GET productOffering"]),
        ("TMF622", ["fulfilment", "inventory-reader"], ["TMF622 POST cancelProductOrder"]),
    ],
)
def test_users_do_what_a_part_of_the_apis_lets_them_do(api: str, idle: list[str], asked: list[str]) -> None:
    with serving([api], dataset="telco", pace=0.02) as urls:
        said = at_work(
            target(urls, capabilities={"hub": False}),
            {"users": 8, "mix": EVERYBODY, "receivers": 1},
            operations=asked,
        )

    assert (said["failures"], said["troubles"], said["idle"]) == (0, [], idle)
    assert said["not_offered"] == [api]


def test_a_hub_that_is_not_there_is_no_failure(hubless: str) -> None:
    said = at_work(
        {"apis": [{"api": "TMF622", "version": 4, "url": hubless}]},
        {"users": 1, "mix": {"shopper": 1}, "receivers": 1},
        operations=["TMF622 POST hub", "TMF622 POST productOrder"],
    )

    assert (said["failures"], said["not_offered"]) == (0, ["TMF622"])


def test_where_only_some_objects_may_be_created_no_more_are(everything: Mapping[str, str]) -> None:
    with httpx2.Client(trust_env=False) as client:
        url = f"{everything['TMF637.v4']}/product?limit=1"
        before = int(client.get(url).headers["x-total-count"])
        assert before
