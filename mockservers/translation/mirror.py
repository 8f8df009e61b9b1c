"""Two versions of a resource kept in step: each change of one is made in the other, in one transaction.

Both versions are stored in their own form, so that each is read, filtered and sorted as it is. What the
other version cannot express stays where it is: only what differs between the translations of the resource
before and after a change is carried over.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tmfrig.mockservers.store import Body, Change, Document
from tmfrig.mockservers.translation.translation import Translation

if TYPE_CHECKING:
    from tmfrig.mockservers.collection import Collection

_NAMES = ("id", "name", "code", "itemId", "orderItemId")


class Mirror:
    """The counterpart of a collection in another version of its API."""

    def __init__(self, translation: Translation, counterpart: Collection) -> None:
        self._translation = translation
        self.counterpart = counterpart

    async def change(
        self, before: Document | None, after: Document | None, *, state_only: bool = False
    ) -> Change | None:
        """What a change means for the other version; None where it means nothing there."""
        known = after or before
        if known is None:
            return None
        there = await self.counterpart.store.get(self.counterpart.key, known.id)
        if after is None:
            return None if there is None else self.counterpart.prepared(there, None)
        now = self._translation.translated(after.body)
        if now is None:
            return None
        if there is None:
            return self.counterpart.prepared(None, Document.of(self.counterpart.intake.completed(now)))
        then = self._translation.translated(before.body) if before is not None else {}
        body = carried_over(there.body, then or {}, now)
        if body == there.body:
            return None
        return self.counterpart.prepared(there, Document.of(body), state_only=state_only)


def mirrors_of(collection: Collection, all_collections: Iterable[Collection]) -> tuple[Mirror, ...]:
    """The counterparts of a collection among all that are served."""
    found = []
    for each in all_collections:
        if each is collection or each.contract.api != collection.contract.api:
            continue
        translation = Translation.between(collection.contract, each.contract, collection.resource.name)
        if translation is not None and translation.target.name == each.resource.name:
            found.append(Mirror(translation, each))
    return tuple(found)


def carried_over(kept: Any, before: Any, after: Any) -> Any:
    """A value with the changes from `before` to `after`, and all that neither of the two has."""
    if before == after:
        return kept
    if isinstance(kept, dict) and isinstance(after, dict):
        return _object(kept, before if isinstance(before, dict) else {}, after)
    if isinstance(kept, list) and isinstance(after, list):
        return _list(kept, before if isinstance(before, list) else [], after)
    return after


def _object(kept: Body, before: Body, after: Body) -> Body:
    result = {
        name: carried_over(value, before.get(name), after[name]) if name in after else value
        for name, value in kept.items()
        if name in after or name not in before
    }
    return result | {name: value for name, value in after.items() if name not in kept}


def _list(kept: list[Any], before: list[Any], after: list[Any]) -> list[Any]:
    by_key = {_key(each, index): each for index, each in enumerate(kept)}
    former = {_key(each, index): each for index, each in enumerate(before)}
    following = {_key(each, index): each for index, each in enumerate(after)}
    result = [
        carried_over(by_key[key], former.get(key), each) if key in by_key else each
        for key, each in following.items()
    ]
    inexpressible = [each for key, each in by_key.items() if key not in former and key not in following]
    return result + inexpressible


def _key(element: Any, index: int) -> Any:
    """What an element of a list is recognised by when others come and go: its identity, else its place."""
    if not isinstance(element, dict):
        return index
    inner = next((each for each in element.values() if isinstance(each, dict) and "id" in each), {})
    own = tuple(str(element[name]) for name in _NAMES if name in element)
    return own or ((str(element.get("role", "")), str(inner["id"])) if inner else index)
