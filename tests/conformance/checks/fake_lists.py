"""Lists of the fake vendor: filters, order, pages and what counts them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urlencode

from fake_wire import Call, Refusal

from tmfrig.specs import Resource

Item = dict[str, Any]
DIRECTIVES = ("fields", "sort", "offset", "limit", "filter")


class FakeLists:
    """How the vendor narrows, orders and cuts what it has."""

    def __init__(self, faults: frozenset[str], manners: frozenset[str]) -> None:
        self.faults = faults
        self.manners = manners

    def filtered(self, call: Call, items: list[Item]) -> list[Item]:
        if "filter-ignored" in self.faults:
            return items
        items = self._by_jsonpath(call, items)
        wanted = [(key, value) for key, value in call.query if key not in DIRECTIVES]
        if "filter-first-only" in self.faults:
            wanted = wanted[:1]
        if "filter-is-prefix" in self.faults:
            return [item for item in items if all(str(item.get(k, "")).startswith(v[:4]) for k, v in wanted)]
        if "filter-finds-nothing" in self.faults and wanted:
            return []
        if "filter-two-find-nothing" in self.faults and len(wanted) > 1:
            return []
        if "filter-finds-no-dates" in self.faults and any(key.endswith("Date") for key, _ in wanted):
            return []
        test: Callable[[Iterable[bool]], bool] = any if "filter-or" in self.faults and wanted else all
        alternatives = _alternatives(wanted)
        return [
            item
            for item in items
            if test(
                any(_matches(item, key, value) for value in values) for key, values in alternatives.items()
            )
        ]

    def _by_jsonpath(self, call: Call, items: list[Item]) -> list[Item]:
        expression = call.asked("filter")
        if expression is None:
            return items
        if "jsonpath-is-500" in self.faults:
            raise Refusal(500, "cannot parse")
        if "no-jsonpath" in self.manners:
            raise Refusal(501, "filter is not supported")
        if "jsonpath" not in self.manners:
            return items
        read = re.fullmatch(r'\$\[\?\(@\.(\w+)=="([^"]*)"\)\]', expression)
        if read is None:
            if "broken-jsonpath-taken" in self.faults:
                return items
            raise Refusal(400, "no JSONPath")
        return [item for item in items if item.get(read[1]) == read[2]]

    def sorted(self, call: Call, items: list[Item]) -> list[Item]:
        order = call.asked("sort")
        if order is None or "sort-ignored" in self.faults:
            return items
        if "no-sort" in self.manners:
            raise Refusal(501, "sorting is not supported")
        for part in reversed(order.split(",")):
            name = part.strip().lstrip("+-")
            down = part.strip().startswith("-") and "sort-always-up" not in self.faults
            if "sort-down-by-default" in self.faults and not part.startswith(("+", "-")):
                down = True
            items = sorted(items, key=_by(name), reverse=down)
        return items

    def page(self, call: Call, items: list[Item]) -> tuple[list[Item], int]:
        if "garbage-is-500" in self.faults:
            for name in ("offset", "limit"):
                if not (call.asked(name) or "0").isdigit():
                    raise Refusal(500, "cannot convert")
        offset = _whole(call.asked("offset"), 0)
        limit = _whole(call.asked("limit"), 100)
        if "garbage-is-400" in self.manners:
            for name in ("offset", "limit"):
                if not (call.asked(name) or "0").isdigit():
                    raise Refusal(400, f"{name} is a whole number")
        if "limit-ignored" in self.faults:
            limit = 100
        if "small-pages" in self.manners:
            limit = min(limit, 3)
        if "offset-ignored" in self.faults:
            offset = 0
        if "offset-from-one" in self.faults:
            offset = max(offset - 1, 0)
        if "offset-skips-one" in self.faults and offset:
            offset += 1
        if offset > len(items):
            if "beyond-is-500" in self.faults:
                raise Refusal(500, "index out of range")
            if "beyond-is-416" in self.manners:
                raise Refusal(416, "beyond the end")
        return items[offset : offset + limit], offset

    def counts(self, found: list[Item], page: list[Item]) -> dict[str, str]:
        counts = {"X-Total-Count": str(len(found)), "X-Result-Count": str(len(page))}
        if "total-missing" in self.faults:
            del counts["X-Total-Count"]
        if "total-is-page" in self.faults:
            counts["X-Total-Count"] = str(len(page))
        if "total-is-text" in self.faults:
            counts["X-Total-Count"] = "many"
        if "total-too-small" in self.faults:
            counts["X-Total-Count"] = "0"
        if "result-count-wrong" in self.faults:
            counts["X-Result-Count"] = str(len(page) + 1)
        return counts

    def link(self, call: Call, url: str, offset: int, size: int, rest: int) -> str:
        kept = [(key, value) for key, value in call.query if key not in ("offset", "limit")]
        limit = call.asked("limit") or "100"

        def page(start: int) -> str:
            return f"{url}?{urlencode([*kept, ('offset', start), ('limit', limit)])}"

        onward = offset if "link-stays" in self.faults else offset + size
        following = f', <{page(onward)}>; rel="next"' if rest > 0 else ""
        return f'<{page(0)}>; rel="first"{following}'


def refuse_unknown(call: Call, resource: Resource) -> None:
    """Refuse parameters that are neither an attribute nor about the list, and names that nothing has."""
    names = [key for key, _ in call.query if key not in DIRECTIVES]
    names += [each.lstrip("+- ") for each in (call.asked("sort") or "").split(",") if each]
    names += [each for each in (call.asked("fields") or "").split(",") if each not in ("", "none")]
    unknown = [each for each in names if each not in resource.attributes]
    if unknown or call.asked("filter"):
        raise Refusal(400, f"no such parameter or attribute: {unknown}")


def _alternatives(wanted: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """What each attribute may be: a repeated filter, and commas or semicolons in one, give several values."""
    found: dict[str, list[str]] = {}
    for key, value in wanted:
        values = value.split(f";{key}=")
        found.setdefault(key, []).extend(values if len(values) > 1 else [value, *value.split(",")])
    return found


def _whole(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isdigit() else default


def _by(name: str) -> Callable[[Item], str]:
    return lambda item: str(item.get(name, ""))


def _matches(item: Any, path: str, value: str) -> bool:
    found = [item]
    for name in path.split("."):
        found = [each[name] for each in _spread(found) if isinstance(each, dict) and name in each]
    return any(_written(each) == value for each in _spread(found))


def _spread(values: list[Any]) -> Iterator[Any]:
    for each in values:
        if isinstance(each, list):
            yield from each
        else:
            yield each


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
