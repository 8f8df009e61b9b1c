"""Nobody is loaded by mistake: what is not this machine needs its owner's word, and has bounds."""

from __future__ import annotations

from typing import Any

import pytest

from tmfrig.conformance.target import TargetFile
from tmfrig.loadtests.adjusting import adjusted
from tmfrig.loadtests.politeness import ImpoliteError, check_amount, refuse_strangers
from tmfrig.loadtests.profile import load_profile


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8620/x", "http://127.8.9.1/x", "http://[::1]:80/x", "http://localhost/x",
     "https://LOCALHOST:1/x"],
)  # fmt: skip
def test_this_machine_may_be_loaded(url: str) -> None:
    refuse_strangers([url], allowed=False)


@pytest.mark.parametrize(
    "url",
    ["http://10.0.0.7/x", "https://api.acme.example/x", "http://localhost.acme.example/x", "http://0.0.0.0/x",
     "http://127.0.0.1.nip.example/x", "http://[::ffff:10.0.0.1]/x"],
)  # fmt: skip
def test_everybody_else_may_not_unless_they_are_ours(url: str) -> None:
    with pytest.raises(ImpoliteError, match=r"is not this machine.*--i-own-this-target"):
        refuse_strangers(["http://127.0.0.1/x", url], allowed=False)
    refuse_strangers([url], allowed=True)


def target(url: str = "http://10.0.0.7/x", **more: Any) -> TargetFile:
    return TargetFile.model_validate({"apis": [{"api": "TMF622", "url": url}], **more})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rate": 1500}, "1500 requests per second; at most 1000 .* load: {rate: 1500}"),
        ({"users": 1001}, "1001 users; at most 1000 .* load: {users: 1001}"),
        ({"run_time": 5 * 3600}, "lasts 5h; at most 4h .* load: {run_time: 5h}"),
    ],
)
def test_a_target_elsewhere_has_bounds_that_its_file_may_raise(changes: dict[str, Any], words: str) -> None:
    profile = adjusted(load_profile("baseline"), **changes)

    with pytest.raises(ImpoliteError, match=words):
        check_amount(profile, target())
    check_amount(profile, target(load={"rate": 2000, "users": 2000, "run_time": "6h"}))
    check_amount(profile, target("http://127.0.0.1/x"))


def test_the_rate_that_a_target_file_allows_holds_wherever_it_is() -> None:
    with pytest.raises(ImpoliteError, match=r"allows 10 \(limits.rate\)"):
        check_amount(load_profile("baseline"), target("http://127.0.0.1/x", limits={"rate": 10}))
