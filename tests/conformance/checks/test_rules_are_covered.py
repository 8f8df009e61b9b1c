"""Every rule of the book that checks are about is verified by a check that cites it."""

from __future__ import annotations

import re

import pytest

from tmfrig.conformance.check import Check, catalogue

HTTP = ("HTTP-01", "HTTP-02", "HTTP-03", "HTTP-04", "HTTP-05", "HTTP-06", "HTTP-07", "HTTP-08", "HTTP-09")
REQUESTS = ("HTTP-10", "HTTP-11", "HTTP-12", "HTTP-13", "HTTP-14")
ERRORS = ("ERR-01", "ERR-02", "ERR-03")
IDENTITY = ("ID-01", "ID-02", "ID-03", "ID-04")
FIELDS = ("FIELDS-01", "FIELDS-02", "FIELDS-03", "FIELDS-04", "FIELDS-05")
LISTS = ("FILT-01", "FILT-02", "FILT-08", "SORT-01")
PAGES = ("PAGE-01", "PAGE-02", "PAGE-03", "PAGE-04", "PAGE-05", "PAGE-06", "PAGE-07", "PAGE-08")
PATCHES = ("PATCH-01", "PATCH-02", "PATCH-03", "PATCH-04", "PATCH-05", "PATCH-06")
HUBS = ("HUB-01", "HUB-03", "HUB-04", "HUB-07", "HUB-08")
EVENTS = ("EVT-01", "EVT-02", "EVT-03", "EVT-04", "EVT-09")
TYPES = ("POLY-01", "POLY-02", "POLY-03", "POLY-04")
VALUES = ("ENUM-01", "DATE-01", "STATE-01")
RULES = (
    *HTTP,
    *REQUESTS,
    *ERRORS,
    *IDENTITY,
    *FIELDS,
    *LISTS,
    *PAGES,
    *PATCHES,
    *HUBS,
    *EVENTS,
    *TYPES,
    *VALUES,
)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_cited_by_a_check(rule: str) -> None:
    assert [check.id for check in catalogue() if re.search(rf"\b{rule}\b", check.source)]


@pytest.mark.parametrize("check", catalogue(), ids=lambda check: check.id)
def test_a_check_says_what_it_asks_for_and_where_that_is_written(check: Check) -> None:
    assert check.sentence.endswith(".")
    assert re.search(r"; rules? [A-Z]+-\d\d(, [A-Z]+-\d\d)*$", check.source)
