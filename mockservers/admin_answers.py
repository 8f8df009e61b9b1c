"""What the parts of the admin API share: its answers, and the parameters of its lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

import orjson

from tmfrig.mockservers.errors import invalid_query
from tmfrig.mockservers.exchange import JSON, Exchange, Header

USUAL_LIMIT = 1000
HIGHEST_LIMIT = 10_000
JSON_TYPE: Header = (b"content-type", JSON.encode())


async def answer_list(exchange: Exchange, shown: list[dict[str, object]], total: int | None = None) -> None:
    """Answer a list, or a part of one that has `total` entries."""
    count = len(shown) if total is None else total
    await exchange.answer(200, orjson.dumps(shown), (JSON_TYPE, (b"x-total-count", b"%d" % count)))


async def answer_new(exchange: Exchange, shown: dict[str, object]) -> None:
    """Answer something that was made, and where it is."""
    location = (b"location", str(shown["href"]).encode("latin-1"))
    await exchange.answer(201, orjson.dumps(shown), (JSON_TYPE, location))


def said_in(query_string: bytes, names: Sequence[str], what: str) -> dict[str, str]:
    """The parameters of a query; ApiError (400) for one that there is not, or that is given twice."""
    said: dict[str, str] = {}
    for name, value in parse_qsl(query_string.decode("latin-1"), keep_blank_values=True):
        if name not in names:
            raise invalid_query(f"{what} not filtered by {name[:50]!r}; {what} by {', '.join(names)}")
        if name in said:
            raise invalid_query(f"{name} is given twice")
        said[name] = value
    return said


def number_of(said: Mapping[str, str], name: str, usual: int, most: int | None = None) -> int:
    """A parameter that is a number; ApiError (400) where it is none, or more than there may be."""
    text = said.get(name)
    if text is None:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise invalid_query(f"{name} should be a number, not {text[:50]!r}")
    if most is not None and int(text) > most:
        raise invalid_query(f"{name} is at most {most}; read on with after=NUMBER")
    return int(text)
