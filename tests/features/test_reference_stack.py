"""The scenarios on the reference servers: all roles wired together, in each version, and one replaced."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping, Sequence

import pytest

from tmfrig.conformance.mounting import MountedApi, mount
from tmfrig.conformance.target import Rig, validated
from tmfrig.features.suite import Played, Programme, play
from tmfrig.mockservers.running import serving
from tmfrig.reports.result import Outcome
from tmfrig.specs import API_IDS, lines_of

SKIPPED_IN_EVERY_RIG = {"scenario.life-replaced-role"}


@pytest.fixture(scope="module")
def stack() -> Iterator[Mapping[str, str]]:
    """All roles, wired, with the COM and the journal."""
    with serving(com=True, wired=True, admin=True, dataset="telco", pace=0.02) as urls:
        yield urls


@pytest.fixture(scope="module")
def both() -> Iterator[Mapping[str, str]]:
    """The same in both versions."""
    with serving(lines=(4, 5), com=True, wired=True, admin=True, dataset="telco", pace=0.02) as urls:
        yield urls


def mounted(urls: Mapping[str, str], lines: Sequence[int] = (4,)) -> list[MountedApi]:
    apis = [
        {"api": api, "version": line, "url": url}
        for api in API_IDS
        for line in lines
        if line in lines_of(api)
        for url in {each for key, each in urls.items() if key.startswith(api) and each.endswith(f"/v{line}")}
    ]
    return mount(validated({"apis": apis}, "a test"))


def played(urls: Mapping[str, str], pattern: str = "*", lines: Sequence[int] = (4,)) -> Played:
    rig = Rig(com=urls.get("COM"), admin=urls.get("admin"))
    return play(Programme(mounted(urls, lines), pattern=pattern, patience=15, rig=rig))


def test_every_scenario_passes(stack: Mapping[str, str]) -> None:
    run = played(stack)

    wrong = {each.check: each.message for each in run.results if each.outcome is not Outcome.passed}
    assert wrong.keys() == SKIPPED_IN_EVERY_RIG | {"scenario.life-two-versions"}, wrong
    assert run.fault is None


def test_other_roles_are_told_in_the_steps(stack: Mapping[str, str]) -> None:
    result = played(stack, "life-single").results[0]

    spoken = {(each.caller, each.callee) for step in result.steps or [] for each in step.journal or []}
    assert {("COM", "TMF641"), ("COM", "TMF637"), ("activation", "TMF638")} <= spoken
    assert not any("channel" in pair or "observer" in pair for pair in spoken)


@pytest.mark.parametrize("pattern", ["life-two-versions", "browse-*", "offer-e*", "record-*"])
def test_a_scenario_is_played_in_both_versions(both: Mapping[str, str], pattern: str) -> None:
    run = played(both, pattern, (4, 5))

    assert {each.version for each in run.results} == {"4", "5"}
    assert {each.outcome for each in run.results} == {Outcome.passed}, run.results


def test_an_api_without_the_version_plays_in_the_one_that_it_has(both: Mapping[str, str]) -> None:
    run = played(both, "service-possible", (4, 5))

    assert [(each.version, each.outcome) for each in run.results] == [("4", Outcome.passed)]


def test_a_qualification_survives_a_catalog_that_is_down() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        down = f"http://127.0.0.1:{nobody.getsockname()[1]}/tmf-api/productCatalogManagement/v4"
    with serving(["TMF679"], externals={"TMF620": down}, dataset="telco", pace=0.02) as urls:
        target = mounted({"TMF679": urls["TMF679"]})
        rig = Rig(external=["TMF620"])
        run = play(Programme(target, pattern="offer-without-catalog", patience=10, rig=rig))

    assert [(each.outcome, each.message) for each in run.results] == [(Outcome.passed, "")]


def test_a_role_that_is_played_by_another_system_is_noticed_as_such() -> None:
    elsewhere = serving(["TMF637"], pace=0.02)
    with (
        elsewhere as other,
        serving(
            [each for each in API_IDS if each != "TMF637"],
            com=True,
            wired=True,
            externals={"TMF637": other["TMF637"]},
            dataset="telco",
            pace=0.02,
        ) as urls,
    ):
        target = mounted({**urls, "TMF637": other["TMF637"]})
        rig = Rig(com=urls["COM"], external=["TMF637"])
        run = play(Programme(target, pattern="life-replaced-role", patience=15, rig=rig))

    assert [(each.outcome, each.message) for each in run.results] == [(Outcome.passed, "")]
