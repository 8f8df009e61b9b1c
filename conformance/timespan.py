"""Time spans as people write them in documents and on the command line."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

_SPAN = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?")
LONGEST = 24 * 3600
"""No load lasts longer than a day, in seconds."""


def seconds_of(text: str) -> float:
    """A time span in seconds: "5s", "2m", "1h30m", "90". ValueError for anything else, also for 0 and for
    more than a day."""
    match = _SPAN.fullmatch(text.strip()) if text.isascii() else None
    hours, minutes, seconds = (float(part or 0) for part in match.groups()) if match else (0.0, 0.0, 0.0)
    span = 3600 * hours + 60 * minutes + seconds
    if not span:
        raise ValueError(f"{text!r} is no time span; write 5s, 2m or 1h30m")
    if span > LONGEST:
        raise ValueError(f"{text!r} is longer than a day")
    return span


def in_words(seconds: float) -> str:
    """A span as people write it, which `seconds_of` reads back: 1h30m."""
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    parts = [f"{number:g}{unit}" for number, unit in ((hours, "h"), (minutes, "m"), (rest, "s")) if number]
    return "".join(parts) or "0s"


Span = Annotated[
    float,
    BeforeValidator(lambda told: seconds_of(str(told))),
    Field(gt=0),
    WithJsonSchema({"type": ["string", "number"], "description": "A time span: 5s, 2m, 1h30m"}),
]
"""A time span in a document; in the model it is seconds."""
