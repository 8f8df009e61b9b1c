"""What queries look for among terms: conditions on the one value of an attribute are looked for together."""

from __future__ import annotations

import pytest

from tmfrig.mockservers.query import parse_query
from tmfrig.mockservers.stores import probes
from tmfrig.mockservers.stores.probes import Plan, Probe, planned
from tmfrig.mockservers.stores.terms import NULL, ODD, TEXT, written


def _planned(query: str) -> Plan:
    return planned(parse_query(query.encode()))


def _texts(probe: Probe) -> str:
    """Where a probe looks among texts: values and ranges, in square brackets where the end belongs to it."""
    seen = [value[1:] for span in probe.spans for value in span.values if value[0] == TEXT]
    for span in probe.spans:
        if span.is_range and span.low[0] == TEXT:
            low, high = span.low[1:], "" if span.high == NULL else span.high[1:]
            seen.append(f"{'[' if span.low_closed else '('}{low}..{high}{']' if span.high_closed else ')'}")
    return " ".join(seen)


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        ("name.gt=a&name.lt=c", "(a..c)"),
        ("name.lte=c&name.gte=a", "[a..c]"),
        ("name.gte=a&name.lt=c", "[a..c)"),
        ("name.gt=a&name.gte=a&name.gt=A", "(a..)"),
        ("name.gt=a&name.lt=d&name.gt=b&name.lte=c", "(b..c]"),
        ("name.gte=b&name.lte=b", "[b..b]"),
        # nothing is left
        ("name.gt=b&name.lte=b", ""),
        ("name.gt=c&name.lt=a", ""),
        # several values, and several predicates, are alternatives
        ("name.gt=b,c&name.lt=d", "(b..d)"),
        ("name.lte=b;name.gt=d&name.gte=a&name.lt=e", "[a..b] (d..e)"),
        ("name.lt=b;name.gte=b&name.lt=e", "[..e)"),
        ("name.gt=b;name.lt=a&name.gt=c;name.lt=b", "[..a) (c..)"),
        # one value, or the other, in the range
        ("name=a;name=b;name=c&name.gt=a", "b c"),
        ("name.lt=c&name=a;name=b;name=c&name.gte=b", "b"),
        ("name.gt=c&name=a", ""),
        ("name=a;name.gt=c&name=b;name=d;name.lt=b", "a d"),
    ],
)
def test_conditions_on_the_one_value_of_an_attribute_are_one_probe(query: str, texts: str) -> None:
    plan = _planned(query)
    (probe,) = plan.probes
    assert plan.complete
    assert _texts(probe) == texts
    # what is not told by terms may match all the same
    assert [span.path for span in probe.spans if ODD in span.values] == ["name"]


def test_ranges_meet_kind_by_kind() -> None:
    (probe,) = _planned("priority.gt=2&priority.lt=10").probes
    (numbers,) = (span for span in probe.spans if span.is_range)
    # as texts 2 comes after 10
    assert (numbers.low, numbers.high) == (written(2), written(10))
    (probe,) = _planned("priority.gt=2024-01-01&priority.lt=5").probes
    (texts,) = (span for span in probe.spans if span.is_range)
    # an instant is not compared with a number
    assert (texts.low, texts.high) == (f"{TEXT}2024-01-01", f"{TEXT}5")
    (probe,) = _planned("startDate.gte=2024-01-01&startDate.lt=2024-02-01").probes
    assert {written("2024-01-01"), f"{TEXT}2024-01-01"} == {span.low for span in probe.spans if span.is_range}
    (probe,) = _planned("priority=1,null,true&priority.lt=2").probes
    assert [value for span in probe.spans for value in span.values if value[0] != TEXT] == [written(1), ODD]


@pytest.mark.parametrize(
    "query",
    [
        # one related party may be after a, and another one before c
        "relatedParty.id.gt=a&relatedParty.id.lt=c",
        "name.gt=a;status=held&name.lt=c",
        "name.gt=a&status.lt=c",
    ],
)
def test_what_more_than_one_value_can_meet_are_probes_of_their_own(query: str) -> None:
    plan = _planned(query)
    assert (len(plan.probes), plan.complete) == (2, True)


def test_a_condition_that_looks_for_too_much_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "MOST_SOUGHT", 3)
    assert _planned("name.gt=a&name.lt=c&name.gt=b").complete
    plan = _planned("name.gt=a&name=b;name=c;name=d&name.lt=c")
    assert (not plan.complete, *map(_texts, plan.probes)) == (True, "(a..c)")
    # what is between has more parts than there is room for
    plan = _planned("name.lt=b;name.gt=d&name.lt=c;name.gt=e&name.lt=x;name.gt=y&name=z")
    assert (not plan.complete, *map(_texts, plan.probes)) == (True, "z")
