"""Two versions of a resource kept in step: each change of one is made in the other, in one transaction.

Both versions are stored in their own form, so that each is read, filtered and sorted as it is. What the
other version cannot express stays where it is: only what differs between the translations of the resource
before and after a change is carried over.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tmfrig.mockservers.errors import illegal_transition
from tmfrig.mockservers.store import Body, Change, Document
from tmfrig.mockservers.translation.carrying import carried_over
from tmfrig.mockservers.translation.translation import Translation

if TYPE_CHECKING:
    from tmfrig.mockservers.collection import Collection

log = logging.getLogger(__name__)


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
            log.warning("%s %s has no form in %s", known.id, *self._names)
            return None
        if there is None:
            return self.counterpart.prepared(None, Document.of(self.counterpart.intake.completed(now)))
        then = self._translation.translated(before.body) if before is not None else {}
        body = carried_over(there.body, then or {}, now)
        if body == there.body:
            return None
        self._check_lifecycle(there.body, then or {}, body)
        return self.counterpart.prepared(there, Document.of(body), state_only=state_only)

    @property
    def _names(self) -> tuple[str, str]:
        return self._translation.source.name, self.counterpart.contract.key

    def _check_lifecycle(self, before: Body, shown: Body, after: Body) -> None:
        """ApiError (409) for a step from a state that one version cannot show, where the other forbids it."""
        resource = self.counterpart.resource
        if resource.lifecycle is None or resource.state_attribute is None or not resource.lifecycle.enforced:
            return
        old, new = before.get(resource.state_attribute), after.get(resource.state_attribute)
        if old == shown.get(resource.state_attribute):
            return
        if isinstance(old, str) and isinstance(new, str) and not resource.lifecycle.allows(old, new):
            known = f"{old} is its state in {self.counterpart.contract.key}"
            raise illegal_transition(resource.state_attribute, old, new, known)


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
