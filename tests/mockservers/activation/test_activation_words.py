"""The words of scripts, in external ids and in files."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from activation_stage import characteristic, item

from tmfrig.mockservers.activation import Script, ScriptError, load_script
from tmfrig.mockservers.activation.plan import Plan
from tmfrig.mockservers.activation.script import NOTHING_UNUSUAL, Course, Rule, Trigger, parse
from tmfrig.mockservers.disturbance import Odds


def course(script: Script = Script(), **order: Any) -> Course:  # noqa: B008
    body = {"serviceOrderItem": [item("1"), item("2", "television")], **order}
    return script.course(body, Plan.of(body))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("fail", Course(fails=(Trigger("fail"),))),
        ("fail@reserved", Course(fails=(Trigger("fail", "reserved"),))),
        ("fail:1.2", Course(fails=(Trigger("fail", "designed", "1.2"),))),
        ("fail@active:television", Course(fails=(Trigger("fail", "active", "television"),))),
        ("hold", Course(holds=(Trigger("hold"),))),
        ("hang@inactive", Course(hangs=(Trigger("hang", "inactive"),))),
        ("partial", Course(partial=True)),
        ("information:phoneNumber", Course(information=("phoneNumber",))),
        ("slow:20", Course(slow=20)),
        ("deny-cancel", Course(deny_cancel=True)),
        ("events=drop", Course(events=frozenset({"drop"}))),
        ("events=duplicate,reorder", Course(events=frozenset({"duplicate", "reorder"}))),
        ("~slow:20~deny-cancel", Course(slow=20, deny_cancel=True)),
    ],
)
def test_words_are_understood(words: str, expected: Course) -> None:
    assert parse(words) == expected
    assert course(externalId="x~" + words.removeprefix("~")).slow == expected.slow


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("fial", "~fial is no outcome; did you mean fail?"),
        ("explode", "~explode is no outcome; known are fail, partial,"),
        ("", "~ is no outcome; known are"),
        ("fail@moon", "~fail@moon names no step; steps are feasibilityChecked, designed,"),
        ("fail:", "~fail: names no item; write ~fail@designed:television, say"),
        ("fail=1", "~fail=1 names no item"),
        ("partial:1", "~partial:1 says too much; write ~partial alone"),
        ("deny-cancel@active", "write ~deny-cancel alone"),
        ("information", "~information names no characteristic; write ~information:phoneNumber, say"),
        ("slow", "~slow says not how slow; write ~slow:20"),
        ("slow:0", "~slow:0 says not how slow"),
        ("slow:many", "~slow:many says not how slow"),
        ("events=lose", "~events=lose is nothing to do with events; write ~events=duplicate, say"),
    ],
)
def test_other_words_are_refused_and_mended(word: str, told: str) -> None:
    with pytest.raises(ScriptError) as caught:
        parse(word)
    assert str(caught.value).startswith(told) or told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unknown_words_in_an_external_id_are_ignored_and_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        found = [course(externalId="shop-1~explode-here~slow:3") for _ in range(2)]
    assert [each.slow for each in found] == [3, 3]
    assert caplog.text.count("~explode-here is no outcome") == 1


def test_an_external_id_without_words_says_nothing() -> None:
    assert course(externalId="shop-1", externalReference=[{"name": "crm"}, {}]) == NOTHING_UNUSUAL


def test_partial_is_the_failure_of_the_last_leaf() -> None:
    assert course(externalId="x~partial").fails == (Trigger("partial", target="2"),)


def test_rules_hold_for_what_meets_all_their_conditions() -> None:
    rule = Rule(parse("fail"), external_id="shop-*", specification="television", characteristic={"hd": True})
    television = item("2", "television", serviceCharacteristic=[characteristic("hd", True)])
    items = [item("1"), television]
    script = Script((rule,))
    assert course(script, externalId="shop-1", serviceOrderItem=items).fails == (Trigger("fail", target="2"),)
    assert course(script, externalId="web-1", serviceOrderItem=items) == NOTHING_UNUSUAL
    assert course(script, externalId="shop-1") == NOTHING_UNUSUAL


def load(folder: Path, text: str) -> Script:
    path = folder / "script.yaml"
    path.write_text(text, "utf-8")
    return load_script(path)


def test_a_file_states_rules_and_odds(tmp_path: Path) -> None:
    script = load(
        tmp_path,
        """
        outcomes:
          - {when: {externalId: "shop-*"}, then: "fail@reserved"}
          - {when: {serviceSpecification: television}, then: "slow:5~hold"}
          - {when: {characteristic: {volume: 100}}, then: partial}
        notifications: {duplicated: 0.2, delayed: 0.2, dropped: 0.05, seed: 1}
        """,
    )
    assert script.notifications == Odds(0.2, 0.2, 0.05, 1)
    assert [(each.external_id, each.specification, dict(each.characteristic)) for each in script.rules] == [
        ("shop-*", None, {}),
        (None, "television", {}),
        (None, None, {"volume": 100}),
    ]
    assert script.rules[1].course == parse("slow:5~hold")


def test_an_empty_file_is_an_empty_script(tmp_path: Path) -> None:
    assert load(tmp_path, "") == Script()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[]", "should be an object such as {outcomes: [{when: {externalId:"),
        ("outcome: []", "outcome is unknown; did you mean outcomes?"),
        ("outcomes: 3", "outcomes: input should be a valid list; it is 3"),
        ("outcomes: [{when: {externalId: a}}]", "outcomes[0].then is missing; an outcome is such as {"),
        ("outcomes: [{when: {}, then: fail}]", "outcomes[0].when is empty; for every order write {"),
        ("outcomes: [{when: {id: a}, then: fail}]", "outcomes[0].when.id is unknown; "),
        ("outcomes: [{when: {externalId: a}, then: fali}]", "outcomes[0].then: ~fali is no outcome; did you"),
        ("outcomes: [{when: {externalId: a}, then: 'hold@x'}]", "outcomes[0].then: ~hold@x names no step"),
        ("notifications: {dropped: 5}", "notifications.dropped: input should be less than or equal to 1; it"),
        ("notifications: {lost: 1}", "notifications.lost is unknown; write duplicated, delayed, dropped"),
        ("outcomes: [", "mend the YAML there"),
    ],
)
def test_a_file_that_is_wrong_is_explained_in_one_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ScriptError) as caught:
        load(tmp_path, text)
    line = str(caught.value)
    assert told in line
    assert line.startswith(str(tmp_path / "script.yaml"))
    assert "\n" not in line


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match=r"nothing\.yaml: No such file"):
        load_script(tmp_path / "nothing.yaml")
