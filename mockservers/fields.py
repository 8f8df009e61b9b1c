"""Attribute selection: `fields=name,relatedParty.role` (rules FIELDS-01 to FIELDS-05)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

ALWAYS = ("id", "href")


class Selection:
    """The attributes to keep; `id` and `href` of the resource itself always survive.

    An empty tree below an attribute keeps it whole. Names that no resource has select nothing, which makes
    `fields=none` the id and the href alone.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._tree: dict[str, Any] = {}
        for name in names:
            _grow(self._tree, name.split("."))

    def of(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The selected part of a resource, in the resource's own order."""
        return {
            name: value if name in ALWAYS else _kept(value, self._tree[name])
            for name, value in body.items()
            if name in ALWAYS or name in self._tree
        }


def _grow(tree: dict[str, Any], path: list[str]) -> None:
    *way, last = path
    for name in way:
        if name in tree and not tree[name]:
            # that is kept whole already
            return
        tree = tree.setdefault(name, {})
    tree[last] = {}


def _kept(value: Any, tree: dict[str, Any]) -> Any:
    if not tree:
        return value
    if isinstance(value, list):
        return [_kept(each, tree) for each in value]
    if isinstance(value, dict):
        return {name: _kept(each, tree[name]) for name, each in value.items() if name in tree}
    return value
