"""Text of unknown origin is shown without acting, and JSON is indented without being changed."""

import json

import pytest

from tmfrig.reports.text import indented_json, one_line, shorten, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", r"\x1b[2J"),
        ("a\u202eb", r"a\u202eb"),
        ("a\x00b\x7fc\x85", r"a\x00b\x7fc\x85"),
        ("\ud800", r"\ud800"),
        ("\U000e0041", r"\U000e0041"),
        ("a\r\nb\rc\n\td", "a\nb\\rc\n\td"),
        ("Größe 日本 👩‍🚀", "Größe 日本 👩‍🚀"),
    ],
)
def test_what_acts_unseen_becomes_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_one_line_is_one_line() -> None:
    assert one_line("a\nb\tc\u2028d") == r"a\nb\tc\u2028d"


def test_shortening_says_how_much_is_missing() -> None:
    assert shorten("abc", 3) == "abc"
    assert shorten("x" * 2003, 3) == "xxx … (2,000 more characters)"


def test_json_is_indented() -> None:
    assert indented_json('{"a":[1,{"b":"{,:}"}],"c":{},"d":[]}') == (
        '{\n  "a": [\n    1,\n    {\n      "b": "{,:}"\n    }\n  ],\n  "c": {},\n  "d": []\n}'
    )


@pytest.mark.parametrize(
    "text", ['{"n":1.50,"big":123456789012345678901234567890,"n":2}', '["\\u00e9 \\"q\\"", -0.0e-1]', "true"]
)
def test_indenting_changes_only_white_space(text: str) -> None:
    squeezed = "".join(indented_json(text).split())
    assert squeezed == "".join(text.split())
    assert json.loads(indented_json(text)) == json.loads(text)


@pytest.mark.parametrize("text", ["", "{", "<html>", "[" * 5000, "[" * 300 + "]" * 300])
def test_what_is_no_readable_json_stays_as_it_is(text: str) -> None:
    assert indented_json(text) == text
