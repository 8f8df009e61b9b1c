"""The interface of behaviours, and what they share: steps in time along a resource's states."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from tmfrig.mockservers.errors import ILLEGAL_TRANSITION, OFFICE_IS_OVER, ApiError
from tmfrig.mockservers.office import acting
from tmfrig.mockservers.store import Body, Document, StoreError

if TYPE_CHECKING:
    from tmfrig.mockservers.collection import Collection, Draft, Update
    from tmfrig.mockservers.site import Site


class Behaviour:
    """What the resources of one collection do by themselves."""

    resources: ClassVar[frozenset[str]] = frozenset()
    """Names of the resource types that behave like this."""

    unfinished: ClassVar[frozenset[str]] = frozenset()
    """States, in every spelling, in which a resource may have something to do after a restart."""

    def __init__(self, site: Site, collection: Collection) -> None:
        self.site = site
        self.collection = collection

    async def admit(self, draft: Draft) -> None:
        """A client creates a resource: add to the draft, or refuse it with an ApiError."""

    def settled(self, before: Document | None, after: Document) -> None:
        """A resource was created (`before` is None) or changed, and everybody can read it."""

    def forget(self) -> None:
        """What the store held is replaced by something else: nothing that is remembered of it holds."""

    def resumed(self, document: Document) -> None:
        """A resource is there again as it once was, perhaps in the middle of its way: let it go on."""
        self.settled(None, document)


def narrowed(kind: type[Behaviour], resources: Iterable[str]) -> type[Behaviour]:
    """A behaviour for fewer resource types than it is written for."""
    return type(kind.__name__, (kind,), {"resources": frozenset(resources)})


def entered(before: Document | None, after: Document, attribute: str) -> str | None:
    """The state that a change brought the resource into; None where the state stayed."""
    state = after.body.get(attribute)
    if not isinstance(state, str) or (before is not None and before.body.get(attribute) == state):
        return None
    return state


async def read_if_there(collection: Collection, identifier: str) -> Body | None:
    """A resource that a client may have deleted meanwhile."""
    try:
        document = await collection.store.get(collection.key, identifier)
    except StoreError:
        collection.office.in_doubt = True
        raise
    return None if document is None else document.body


async def change_if_there(collection: Collection, identifier: str, update: Update) -> Body | None:
    """Make a step of a resource's own progress.

    None where a client has deleted it meanwhile, where it may not make that step in another version, or where
    another process makes its steps now.
    """
    before = acting.set(True)
    try:
        return (await collection.change(identifier, update, state_only=True)).body
    except ApiError as error:
        if error.status == 404 or error.code in (ILLEGAL_TRANSITION, OFFICE_IS_OVER):
            return None
        raise
    except StoreError:
        collection.office.in_doubt = True
        raise
    finally:
        acting.reset(before)
