"""Expectations that explain themselves: each violation says what was sent, what was expected and what came
back.

    answer = api.create(resource)
    expect(answer).status(201).header("Location").equals_url(answer.json["href"])
    expect(answer).json_object().attribute("id").is_text()

Every method raises `Violation` or returns something to go on with. `because` adds the reason to the message
("TMF630 keeps id and href whatever is asked for").
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from http import HTTPStatus
from typing import Any, NoReturn, Self
from urllib.parse import unquote, urljoin, urlsplit

from tmfrig.conformance.check import NotApplicable, Violation
from tmfrig.conformance.exchange import Exchange, Notification, NotJson
from tmfrig.specs import Schema

_SHOWN = 240


def expect(exchange: Exchange) -> Answer:
    """Begin to judge one exchange."""
    return Answer(exchange)


def expect_notification(notification: Notification) -> Value:
    """Begin to judge the JSON object of a notification; a body that is no JSON object is a violation."""
    value = Value(notification, notification.json, "the notification")
    return value.is_object()


class Answer:
    """What came back: status, headers, body."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    def status(self, *allowed: int, because: str = "") -> Self:
        """The status is one of `allowed`."""
        if self.exchange.status not in allowed:
            self._violated(
                f"answered {self.exchange.status}, not {_or(allowed)}", _statuses(allowed), because
            )
        return self

    def success(self, because: str = "") -> Self:
        """The status is 2xx."""
        if not self.exchange.ok:
            self._violated(f"answered {self.exchange.status}, not 2xx", "a 2xx status", because)
        return self

    def refused(self, *usual: int, because: str = "") -> Self:
        """The request was refused: the status is one of `usual`, or any 4xx when none is named."""
        if usual:
            return self.status(*usual, because=because)
        if not 400 <= self.exchange.status < 500:
            self._violated(f"answered {self.exchange.status}, not 4xx", "a 4xx status", because)
        return self

    def not_a_server_error(self, because: str = "") -> Self:
        """The status is below 500 (501 is allowed: it names what a server does not offer)."""
        if self.exchange.status >= 500 and self.exchange.status != HTTPStatus.NOT_IMPLEMENTED:
            self._violated(f"answered {self.exchange.status}", "no 5xx status", because)
        return self

    def header(self, name: str) -> Header:
        """Go on to judge a response header; its absence is a violation of what follows, not of this."""
        return Header(self.exchange, name)

    def media_type(self, *allowed: str, because: str = "") -> Self:
        """The Content-Type, without parameters, is one of `allowed`."""
        if self.exchange.media_type not in allowed:
            got = self.exchange.headers.get("content-type")
            self._violated(
                f"Content-Type is {got}" if got else "no Content-Type",
                f"Content-Type: {_or(allowed)}",
                because,
                actual=f"Content-Type: {got}" if got else "no Content-Type header",
            )
        return self

    def json(self, because: str = "") -> Value:
        """The body is JSON; go on to judge its value."""
        try:
            return Value(self.exchange, self.exchange.json, "the body")
        except NotJson as problem:
            what = str(problem)
        return self._violated(what, "a JSON body", because, actual=describe_body(self.exchange))

    def json_object(self, because: str = "") -> Value:
        """The body is a JSON object; go on to judge it."""
        return self.json(because).is_object(because)

    def json_array(self, because: str = "") -> Value:
        """The body is a JSON array; go on to judge it."""
        return self.json(because).is_array(because)

    def matches(self, schema: Schema | None, because: str = "") -> Self:
        """The body satisfies a schema of the contract (no schema: nothing to satisfy)."""
        if schema is not None:
            self.json(because).matches(schema, because)
        return self

    def error_body(self, because: str = "") -> Self:
        """The body is the contract's Error (code, reason …)."""
        self.json_object(because)
        return self.matches(
            self.exchange.contract.error, because or "an error answer carries a TMF Error body"
        )

    def _violated(self, what: str, expected: str, because: str, actual: str | None = None) -> NoReturn:
        raise Violation(
            _sentence(self.exchange.label, what, because),
            expected=expected,
            actual=actual if actual is not None else describe_answer(self.exchange),
            exchange=self.exchange,
        )


class Header:
    """One response header."""

    def __init__(self, exchange: Exchange, name: str) -> None:
        self.exchange = exchange
        self.name = name
        values = exchange.headers.get_list(name)
        self.value: str | None = ", ".join(values) if values else None

    def present(self, because: str = "") -> str:
        """The header is there and not blank; its value is returned."""
        if self.value is None or not self.value.strip():
            self._violated(f"{self.exchange.status} without {self.name}", f"{self.name} present", because)
        return self.value

    def or_not_applicable(self) -> Header:
        """For observing checks that judge the header only where it is there."""
        if self.value is None:
            raise NotApplicable
        return self

    def equals(self, wanted: str, because: str = "") -> None:
        """The header has exactly this value."""
        if self.value is None or self.value.strip() != wanted:
            self._violated(self._differs(), f"{self.name}: {wanted}", because)

    def equals_url(self, wanted: str, because: str = "") -> None:
        """The header names the same URL, once both are resolved against the request's URL and decoded."""
        if self.value is None or not same_url(self.value, wanted, self.exchange.url):
            self._violated(self._differs(), f"{self.name}: {wanted}", because)

    def integer(self, because: str = "") -> int:
        """The header is a whole number of at least 0; it is returned."""
        text = self.present(because).strip()
        if not (text.isascii() and text.isdigit()):
            self._violated(f"{self.name} is {text!r}", f"{self.name}: a whole number", because)
        return int(text)

    def _differs(self) -> str:
        if self.value is None:
            return f"{self.exchange.status} without {self.name}"
        return f"{self.name} is {self.value}"

    def _violated(self, what: str, expected: str, because: str) -> NoReturn:
        actual = f"no {self.name} header" if self.value is None else f"{self.name}: {self.value}"
        raise Violation(_sentence(self.exchange.label, what, because), expected, actual, self.exchange)


class Value:
    """A JSON value at some place of a body."""

    def __init__(self, exchange: Exchange | Notification, value: Any, place: str) -> None:
        self.exchange = exchange
        self.value = value
        self.place = place

    def is_object(self, because: str = "") -> Self:
        """The value is a JSON object."""
        return self._is_a(dict, "a JSON object", because)

    def is_array(self, because: str = "") -> Self:
        """The value is a JSON array."""
        return self._is_a(list, "a JSON array", because)

    def is_text(self, because: str = "") -> Self:
        """The value is a string with something in it."""
        if not isinstance(self.value, str) or not self.value.strip():
            self.violated(f"{self.place} is {show(self.value)}", "a string that is not blank", because)
        return self

    def has(self, *names: str, because: str = "") -> Self:
        """The object has these attributes (present, and not null)."""
        self.is_object(because)
        missing = [name for name in names if self.value.get(name) is None]
        if missing:
            what = f"{self.place} has no {_and(missing)}"
            self.violated(what, f"{_and(names)} present", because, actual=f"no {_and(missing)}")
        return self

    def has_not(self, *names: str, because: str = "") -> Self:
        """The object has none of these attributes."""
        self.is_object(because)
        there = [name for name in names if name in self.value]
        if there:
            shown = {name: self.value[name] for name in there}
            self.violated(f"{self.place} has {_and(there)}", f"no {_and(there)}", because, actual=show(shown))
        return self

    def attribute(self, name: str, because: str = "") -> Value:
        """The object has this attribute; go on to judge its value."""
        self.has(name, because=because)
        return Value(self.exchange, self.value[name], name if " " in self.place else f"{self.place}.{name}")

    def equals(self, wanted: Any, because: str = "") -> Self:
        """The value equals `wanted` (as JSON: 1 and 1.0 are equal, true and 1 are not)."""
        if not same_json(self.value, wanted):
            self.violated(f"{self.place} is {show(self.value)}", f"{self.place} {show(wanted)}", because)
        return self

    def one_of(self, wanted: Collection[Any], because: str = "") -> Self:
        """The value is one of `wanted`."""
        if not any(same_json(self.value, value) for value in wanted):
            self.violated(
                f"{self.place} is {show(self.value)}", f"one of {show(sorted(wanted, key=str))}", because
            )
        return self

    def length(self, wanted: int, because: str = "") -> Self:
        """The array has exactly this many items."""
        self.is_array(because)
        if len(self.value) != wanted:
            self._wrong_length(f"{wanted} item{'' if wanted == 1 else 's'}", because)
        return self

    def length_at_most(self, most: int, because: str = "") -> Self:
        """The array has no more items than this."""
        self.is_array(because)
        if len(self.value) > most:
            self._wrong_length(f"at most {most} item{'' if most == 1 else 's'}", because)
        return self

    def matches(self, schema: Schema, because: str = "") -> Self:
        """The value satisfies a schema of the contract."""
        if not schema.accepts(self.value):
            problems = schema.problems(self.value)
            if problems:
                first = problems[0]
                more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
                listed = "; ".join(map(str, problems[:5]))
                self.violated(
                    f"{first}{more}",
                    "a body that satisfies the contract's schema",
                    because,
                    actual=listed + ("; …" if len(problems) > 5 else ""),
                )
        return self

    def violated(self, what: str, expected: str, because: str = "", actual: str | None = None) -> NoReturn:
        """Raise the violation for a judgement of your own about this value."""
        label = self.exchange.label if isinstance(self.exchange, Exchange) else self.exchange.event_type or ""
        raise Violation(
            _sentence(label, what, because),
            expected,
            actual if actual is not None else show(self.value),
            self.exchange,
        )

    def _is_a(self, type_: type, name: str, because: str) -> Self:
        if not isinstance(self.value, type_):
            self.violated(f"{self.place} is {_type_name(self.value)}", name, because)
        return self

    def _wrong_length(self, expected: str, because: str) -> None:
        actual = f"{len(self.value)} items"
        self.violated(f"{self.place} has {actual}", expected, because, actual=actual)


def same_url(one: str, other: str, base: str) -> bool:
    """Whether two URLs (absolute or relative) name the same thing, seen from `base`.

    Relative ones are resolved; the case of scheme and host, default ports and percent-encoding do not count.
    """
    return _levelled(one, base) == _levelled(other, base)


def _levelled(url: str, base: str) -> tuple[str, str, int | None, str, str]:
    try:
        parts = urlsplit(urljoin(base, url.strip()))
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return ("", url, None, "", "")
    return (parts.scheme.lower(), (parts.hostname or "").lower(), port, unquote(parts.path), parts.query)


def same_json(one: Any, other: Any) -> bool:
    """Equality as JSON has it: 1 equals 1.0, true does not equal 1, the order of keys does not matter."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_json(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_json, one, other))
    return bool(one == other)


def show(value: Any) -> str:
    """A JSON value in one short line."""
    return _cut(json.dumps(value, ensure_ascii=False, default=str))


def describe_answer(exchange: Exchange) -> str:
    """Status and the beginning of the body, in one line."""
    if not exchange.answered:
        return "no answer"
    return f"{status_name(exchange.status)}, {describe_body(exchange)}"


def describe_body(exchange: Exchange) -> str:
    """The beginning of a response body, in one line; a TMF Error by its reason and message."""
    if not exchange.body:
        return "empty body"
    if exchange.is_error and exchange.is_json and isinstance(exchange.json, dict):
        said = [exchange.json.get(key) for key in ("reason", "message")]
        texts = [text for text in said if isinstance(text, str) and text]
        if texts:
            return _cut(" / ".join(dict.fromkeys(texts)))
    return _cut(" ".join(exchange.body[:1000].decode("utf-8", "replace").split()))


def status_name(status: int) -> str:
    """ "404 Not Found"."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _sentence(label: str, what: str, because: str) -> str:
    sentence = f"{label}: {what}" if label else what
    return f"{sentence}; {because}" if because else sentence


def _statuses(allowed: Sequence[int]) -> str:
    return _or([status_name(status) for status in allowed])


def _or(values: Sequence[object]) -> str:
    texts = [str(value) for value in values]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} or {texts[-1]}"


def _and(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else f"{', '.join(values[:-1])} and {values[-1]}"


def _type_name(value: Any) -> str:
    names = {
        dict: "a JSON object",
        list: "a JSON array",
        str: "a string",
        bool: "a boolean",
        type(None): "null",
    }
    return names.get(type(value), "a number")


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
