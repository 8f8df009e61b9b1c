"""Disclosure: an error tells the client what it did, and nobody what the server is made of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote

from tmfrig.conformance.check import SHOULD, Violation, not_applicable, observing
from tmfrig.conformance.exchange import Exchange

_LONGEST = 200_000
_SOURCES = "py|js|ts|mjs|java|class|jar|kt|php|rb|go|cs|dll|rs|so"
_INTERNALS: Final = tuple(
    (what, re.compile(pattern))
    for what, pattern in (
        ("a stack trace of Python", r"Traceback \(most recent call last\)|File \"[^\"\n]+\", line \d+"),
        ("a stack trace of Java", r"\bat [\w$.<>]+\([\w$]+\.(?:java|kt|scala):\d+\)|\bCaused by: [\w$.]+:"),
        ("a stack trace of .NET", r"\bat [\w.`<>\[\]]+\([^)\n]*\) in [^\n]+:line \d+"),
        ("a stack trace of Node.js", r"\bat [^\n]*(?:/|\\|node:)[\w./\\@-]+:\d+:\d+"),
        ("a stack trace of PHP", r"Stack trace:\s+#0 |\bin [^\s]+\.php(?: on line |:)\d+"),
        ("a stack trace of Go", r"\bgoroutine \d+ \[|\bpanic: runtime error"),
        ("a stack trace of Ruby", r"[\w./-]+\.rb:\d+:in [`']"),
        ("the name of a class", r"\b[a-z]\w*(?:\.[a-z_]\w*)+\.[A-Z]\w*(?:Exception|Error)\b"),
        ("the name of a class", r"\bSystem\.(?:\w+\.)*[A-Z]\w*Exception\b"),
        ("the name of a class", r"\b(?:NullPointer|ClassCast|IndexOutOf\w*|SQL\w*|Hibernate)Exception\b"),
        ("an error of a data base", r"\bORA-\d{5}\b|\bSQLSTATE\b|\bMySQLSyntaxError|\bPG::[A-Z]\w+"),
        ("an error of a data base", r"error in your SQL syntax|\bnear \"[^\"]*\": syntax error"),
        ("an error of a data base", r"violates (?:unique|foreign key|not-null|check) constraint"),
        ("an error of a data base", r"\brelation \"[^\"]+\" does not exist|\bno such (?:table|column): \w"),
        (
            "a query of a data base",
            r"\b(?:SELECT|DELETE|UPDATE) [^\n]{1,300}\bWHERE\b|\bINSERT INTO \w+ ?\(",
        ),
        (
            "a path on the server",
            rf"(?<![\w.])/(?:usr|opt|home|var|app|srv|root|tmp)/[\w./@-]*\.(?:{_SOURCES})\b",
        ),
        ("a path on the server", rf"\b[A-Z]:\\[\w.\\ -]+\.(?:{_SOURCES})\b"),
        ("a path on the server", r"(?<![\w.])/usr/src/app\b"),
    )
)


@observing(
    "disclosure.internals",
    SHOULD,
    "Errors show no stack traces, classes, queries or paths of the server.",
    source="expected of what stands in the open; rule SEC-04",
)
def errors_show_no_internals(exchange: Exchange) -> None:
    if not exchange.is_error or not exchange.body:
        not_applicable()
    shown, sent = _text(exchange), _said_by_us(exchange)
    for what, pattern in _INTERNALS:
        for found in pattern.finditer(shown):
            if found[0] in sent:
                continue  # an echo of what we sent
            raise Violation(
                f"{exchange.label}: the error shows {what}",
                expected="an error that says what is wrong with the request, and no more",
                actual=" ".join(shown[max(0, found.start() - 40) : found.end() + 80].split()),
                exchange=exchange,
            )


def _text(exchange: Exchange) -> str:
    """All text of an error: the strings of JSON with their escapes resolved, or the body as it is."""
    if exchange.is_json:
        return "\n".join(_strings(exchange.json))[:_LONGEST]
    return exchange.body[:_LONGEST].decode("utf-8", "replace")


def _strings(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            waiting.extend(reversed(each.values()))
        elif isinstance(each, list):
            waiting.extend(reversed(each))


def _said_by_us(exchange: Exchange) -> str:
    body = exchange.request_body[:_LONGEST].decode("utf-8", "replace")
    headers = "\n".join(exchange.request_headers.values())
    return "\n".join((unquote(exchange.url), body, headers))
