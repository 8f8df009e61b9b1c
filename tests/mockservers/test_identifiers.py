"""Ids of new resources: UUIDs that begin with the moment, in every process others."""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from urllib.parse import quote

import pytest

from tmfrig.mockservers.identifiers import in_a_path, new_identifier


def test_they_are_uuids_of_version_7_as_text() -> None:
    for identifier in (new_identifier() for _ in range(1000)):
        parsed = uuid.UUID(identifier)
        assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
        assert str(parsed) == identifier


def test_they_begin_with_the_moment_in_milliseconds() -> None:
    before = time.time_ns() // 1_000_000
    moment = uuid.UUID(new_identifier()).int >> 80
    assert before <= moment <= time.time_ns() // 1_000_000


def test_none_comes_twice() -> None:
    assert len({new_identifier() for _ in range(10_000)}) == 10_000


def test_all_four_variants_come() -> None:
    assert {new_identifier()[19] for _ in range(1000)} == set("89ab")


# in a process of its own: where threads run, as beside other tests, a fork of Python's may stand still
_FORKED = """
import os
from tmfrig.mockservers.identifiers import new_identifier

new_identifier()  # so that there are some in store
child = os.fork()
if child:
    os.waitpid(child, 0)
print(*(new_identifier() for _ in range(20)))
"""


def test_a_forked_process_does_not_repeat_what_its_parent_gives_out() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FORKED], stdout=subprocess.PIPE, text=True, check=True, timeout=60
    )
    # what comes before that is the moment, which they do not share
    assert len({each[14:] for each in done.stdout.split()}) == 40


@pytest.mark.parametrize("identifier", ["a-1_2.3~", "", "a b", "ü", "a/b?c#d%", "a\n", "٣", "a:b@c"])
def test_in_a_path_they_are_quoted_where_that_is_needed(identifier: str) -> None:
    assert in_a_path(identifier) == quote(identifier, safe="")
