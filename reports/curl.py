"""A request as one command line that repeats it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping

from tmfrig.reports.text import one_line

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# curl adds these by itself; a copied length would be wrong as soon as somebody edits the line.
_LEFT_TO_CURL = frozenset(
    {"host", "content-length", "connection", "accept-encoding", "user-agent", "transfer-encoding"}
)


def curl(method: str, url: str, headers: Mapping[str, str], body: str | None) -> str:
    """One line for a POSIX-like shell (bash, zsh) that sends this request again with curl.

    Every part is quoted, so that no content can end its argument. A body with NUL, which no argument can
    hold, is piped in.
    """
    words = ["curl", *_method(method, body), *_address(url)]
    for header in _headers(headers, body):
        words += ["-H", _quoted(header)]
    if not body:
        return " ".join(words)
    if "\x00" in body:
        return (
            f"printf {shlex.quote(_octal(body, percent=True))} | {' '.join([*words, '--data-binary', '@-'])}"
        )
    # -d would read a file where the body starts with @.
    return " ".join([*words, "--data-raw" if body.startswith("@") else "-d", _quoted(body)])


def _method(method: str, body: str | None) -> list[str]:
    if method == "HEAD":
        return ["--head"]
    return [] if method == "GET" and not body else ["-X", _quoted(method)]


def _address(url: str) -> list[str]:
    # curl would expand brackets and braces, which JSONPath filters are full of.
    exact = ["--globoff"] if any(character in url for character in "[]{}") else []
    url = url.replace("\x00", "%00")
    return [*exact, _quoted(url)] if url.startswith("http") else [*exact, "--url", _quoted(url)]


def _headers(headers: Mapping[str, str], body: str | None) -> Iterable[str]:
    names = {name.lower() for name in headers}
    for name, value in headers.items():
        if (
            name.lower() in _LEFT_TO_CURL
            or not _TOKEN.fullmatch(name)
            or (name.lower(), value) == ("accept", "*/*")
        ):
            continue
        value = value.replace("\x00", "\ufffd")
        # "Name:" would remove the header; "Name;" sends it with an empty value.
        yield f"{name}: {value}" if value.strip() else f"{name};"
    if body and "content-type" not in names:
        yield "Content-Type:"  # what was sent had none, and curl would declare a form


def _quoted(text: str) -> str:
    if one_line(text) == text:
        return shlex.quote(text)
    return f"$'{_octal(text, percent=False)}'"


def _octal(text: str, *, percent: bool) -> str:
    """The text with backslash, quote, all that is unseen and maybe the percent sign as octal escapes."""
    special = "\\'%" if percent else "\\'"
    return "".join(
        character if one_line(character) == character and character not in special else _bytes_of(character)
        for character in text
    )


def _bytes_of(character: str) -> str:
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "replace"))
