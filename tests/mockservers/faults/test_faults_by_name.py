"""Faults are asked for by name: what is known, what takes their place, and what the command line says."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import groupby

import pytest
from mock_waiting import eventually

from tmfrig.mockservers.behaviours.cancelling import Cancellation
from tmfrig.mockservers.com.boundaries.ordering import ProductOrdering
from tmfrig.mockservers.delivery import Deliveries
from tmfrig.mockservers.faults import NO_FAULTS, FaultError
from tmfrig.mockservers.faults.catalogue import by_family, faults_named, known, table
from tmfrig.mockservers.running import serving
from tmfrig.mockservers.topology import TopologyError
from tmfrig.specs.rules import rules

PROGRAM = (sys.executable, "-m", "tmfrig.mockservers")
FAMILIES = frozenset(
    [
        *(
            "status-codes",
            "schema",
            "mandatory",
            "field-selection",
            "filtering",
            "sorting",
            "paging",
            "headers",
        ),
        *(
            "patch",
            "delete",
            "errors",
            "media-types",
            "hub",
            "notifications",
            "lifecycle",
            "items",
            "references",
        ),
        *("concurrency", "security", "robustness", "encoding", "numbers-and-dates", "qualification"),
        *("orchestration", "latency"),
    ]
)


def ended(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, timeout=60, check=False)


def test_who_asks_for_nothing_gets_the_right_classes() -> None:
    assert faults_named([]) is NO_FAULTS
    assert NO_FAULTS.instead_of(Deliveries) is Deliveries


def test_a_fault_takes_the_place_of_what_does_it_right_and_of_nothing_else() -> None:
    faults = faults_named(["events-lost"])
    wrong = faults.instead_of(Deliveries)
    assert issubclass(wrong, Deliveries)
    assert wrong is not Deliveries
    assert faults.instead_of(ProductOrdering) is ProductOrdering


def test_a_fault_takes_the_place_of_kinds_of_what_it_is_about() -> None:
    class Kind(Cancellation):
        resources = frozenset({"cancelProductOrder"})

    wrong = faults_named(["cancel-of-completed-accepted"]).instead_of(Kind)
    assert issubclass(wrong, Kind)
    assert wrong.resources == {"cancelProductOrder"}


def test_faults_of_the_same_class_are_made_together_and_once() -> None:
    names = ["stuck-in-progress", "partial-reported-completed", "stuck-in-progress"]
    faults = faults_named(names)
    assert [each.name for each in faults] == names[:2]
    wrong = faults.instead_of(ProductOrdering)
    assert all(issubclass(wrong, known()[each].kind) for each in names)


@pytest.mark.parametrize("name", known())
def test_every_fault_can_be_read(name: str) -> None:
    fault = known()[name]
    assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)+", name)
    assert fault.kind.__doc__
    assert fault.sentence.endswith(".")
    assert "\n" not in fault.sentence
    assert fault.right is not object


def test_the_table_has_a_line_for_each_fault() -> None:
    lines = table().splitlines()
    assert len(lines) == 1 + len(known())
    for line, fault in zip(lines[1:], by_family(), strict=True):
        level = rules()[fault.rule].strength if fault.rule else "-"
        assert re.split(r" {2,}", line) == [
            fault.name,
            fault.role,
            fault.rule or "-",
            level,
            fault.sentence,
        ]


def test_the_faults_of_a_family_stand_together() -> None:
    families = [each.family for each in by_family()]
    assert len(list(groupby(families))) == len(set(families))
    assert set(families) <= FAMILIES


def test_faults_break_rules_of_the_book_in_versions_that_have_them() -> None:
    for fault in known().values():
        assert (fault.family == "orchestration") == (not fault.rule)
        if fault.rule:
            assert fault.line in rules()[fault.rule].versions


def test_an_unknown_fault_is_told_in_one_line() -> None:
    with pytest.raises(FaultError) as raised:
        faults_named(["events-lost", "events-lots"])
    assert str(raised.value) == (
        "there is no fault 'events-lots'; did you mean events-lost? --list-faults names them all"
    )


def test_what_is_like_no_fault_is_told_without_a_guess() -> None:
    with pytest.raises(FaultError, match=r"^there is no fault 'zzz'; --list-faults names them all$"):
        faults_named(["zzz"])


@pytest.mark.parametrize(
    ("fault", "apis", "role"),
    [
        ("events-lost", ["TMF620"], "TMF622"),
        ("stuck-in-progress", ["TMF622"], "COM"),
        ("completes-without-activating", ["TMF641"], "activation"),
    ],
)
def test_a_fault_needs_its_role(fault: str, apis: list[str], role: str) -> None:
    with (
        pytest.raises(TopologyError, match=f"{fault} is a fault of {role}, which is not served here"),
        serving(apis, faults=[fault]),
    ):
        pass


def test_the_program_lists_the_faults() -> None:
    listed = ended("--list-faults")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert listed.stdout == table() + "\n"


def test_whoever_reads_the_list_may_stop_early() -> None:
    command = [*PROGRAM, "--list-faults"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as listing:
        assert listing.stdout is not None
        assert listing.stderr is not None
        listing.stdout.close()
        assert listing.stderr.read() == ""
    assert listing.returncode == 0


def test_the_program_refuses_what_it_does_not_know() -> None:
    refused = ended("--port", "0", "--fault", "events-lots")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert re.fullmatch(r"tmfrig serve: there is no fault 'events-lots'; .*\n", refused.stderr)


def test_the_command_passes_faults_on() -> None:
    command = [sys.executable, "-c", "from tmfrig.conformance.cli import main; main()", "serve"]
    listed = subprocess.run(
        [*command, "--list-faults"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (listed.returncode, listed.stdout) == (0, table() + "\n")
    refused = subprocess.run(
        [*command, "--fault", "events-lost", "--fault", "x-y"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert refused.returncode == 2
    assert "there is no fault 'x-y'" in refused.stderr


def test_the_program_serves_with_a_fault() -> None:
    command = [*PROGRAM, "--port", "0", "--api", "TMF622", "--fault", "events-lost"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert eventually(process.stdout.readline).startswith("ready TMF622 v4 http://")
        finally:
            process.kill()
