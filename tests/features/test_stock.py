"""Scenarios on a target of which nobody says what exists there: they find it, or publish it, and clean up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2
import pytest

from tmfrig.conformance.mounting import mount
from tmfrig.conformance.target import validated
from tmfrig.features.suite import Played, Programme, play
from tmfrig.mockservers.running import serving
from tmfrig.reports.result import Outcome
from tmfrig.specs import API_IDS


def played(urls: Mapping[str, str], pattern: str, apis: tuple[str, ...] = API_IDS) -> Played:
    entries = [{"api": api, "version": 4, "url": urls[api]} for api in apis]
    return play(Programme(mount(validated({"apis": entries}, "a test")), pattern=pattern, patience=15))


def outcomes(run: Played) -> dict[str, tuple[Outcome, str]]:
    return {each.check.removeprefix("scenario."): (each.outcome, each.message) for each in run.results}


@pytest.mark.parametrize(
    "pattern", ["life-single", "life-bundle", "life-modify", "browse-*", "fulfil-what-it-rests-on"]
)
def test_what_nobody_names_is_published(pattern: str) -> None:
    with serving(com=True, dataset="empty", pace=0.02) as urls:
        run = played(urls, pattern)
        left: dict[str, Any] = {
            name: httpx2.get(f"{urls[api]}/{name}", trust_env=False).json()
            for api, names in {
                "TMF620": ("productOffering", "productOfferingPrice", "productSpecification"),
                "TMF633": ("serviceSpecification",),
            }.items()
            for name in names
        }

    assert run.results
    assert {each.outcome for each in run.results} == {Outcome.passed}, outcomes(run)
    assert not any(left.values()), "what was published was not taken away again"


def test_what_is_on_sale_already_is_ordered_rather_than_published() -> None:
    with serving(com=True, dataset="telco", pace=0.02) as urls:
        before = len(httpx2.get(f"{urls['TMF620']}/productOffering", trust_env=False).json())
        run = played(urls, "life-single")
        after = len(httpx2.get(f"{urls['TMF620']}/productOffering", trust_env=False).json())

    assert outcomes(run) == {"life-single": (Outcome.passed, "")}
    assert before == after


def test_what_cannot_be_published_is_skipped_and_says_why() -> None:
    with serving(com=True, dataset="empty", pace=0.02) as urls:
        run = played(urls, "life-single", apis=("TMF622", "TMF637", "TMF638"))

    assert outcomes(run)["life-single"] == (
        Outcome.skipped,
        "Nobody says what exists here for this; name it as offerings.single in the data "
        "(the target does not name TMF620, where it could be found or published).",
    )
