"""How deep JSON nests: validators and parsers give up at some depth, with errors that say little."""

from __future__ import annotations

from typing import Any


def nests_deeper(value: Any, levels: int) -> bool:
    """Whether parsed JSON has more levels of objects and arrays than these."""
    layer = [value]
    for _ in range(levels):
        layer = [
            below
            for each in layer
            if isinstance(each, dict | list)
            for below in (each.values() if isinstance(each, dict) else each)
        ]
        if not layer:
            return False
    return any(isinstance(each, dict | list) for each in layer)
