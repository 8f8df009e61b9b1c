"""Faults of changes and creates: merging in depth, operations of JSON Patch, what is kept of a body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import orjson

from tmfrig.mockservers.amendment import Amendment
from tmfrig.mockservers.collection import Collection, Update
from tmfrig.mockservers.engine import ResourceHandlers
from tmfrig.mockservers.errors import ApiError
from tmfrig.mockservers.events import now
from tmfrig.mockservers.exchange import Exchange
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.intake import Intake
from tmfrig.mockservers.store import Body, ConflictError, Document

PATCH, MANDATORY = "patch", "mandatory"
CATALOG, ORDERS, PRODUCTS, SERVICES, SERVICE_ORDERS = "TMF620", "TMF622", "TMF637", "TMF638", "TMF641"


# ── merge patch ─────────────────────────────────────────────────────────────────────────────────────────────


@fault(
    "patch-carries-out-the-first-change-alone",
    CATALOG,
    "Of the attributes that a PATCH names the first one is changed; all of them should be.",
    rule="PATCH-01",
    family=PATCH,
)
class ChangesTheFirst(ResourceHandlers):
    """Returns from the loop too early."""

    def merged(self, present: Body, patch: Body) -> Body:
        """The resource with the first change."""
        names = [name for name in patch if not name.startswith("@")][:1]
        return super().merged(present, {name: patch[name] for name in names})


@fault(
    "patch-blanks-texts-for-null",
    PRODUCTS,
    "null for a text in a merge patch leaves an empty text; it should remove the attribute.",
    rule="PATCH-01",
    family=PATCH,
)
class BlanksForNull(ResourceHandlers):
    """Has a column that cannot be null."""

    def merged(self, present: Body, patch: Body) -> Body:
        """The resource with blanks."""
        blanks = {
            name: "" for name, value in patch.items() if value is None and isinstance(present.get(name), str)
        }
        return super().merged(present, patch | blanks)


@fault(
    "patch-overlooks-null-inside-objects",
    CATALOG,
    "null inside an object of a merge patch changes nothing; it should remove that member.",
    rule="PATCH-01",
    family=PATCH,
)
class OverlooksNestedNull(ResourceHandlers):
    """Looks for nulls at the top."""

    def merged(self, present: Body, patch: Body) -> Body:
        """The resource without what objects set to null."""
        heard = {
            name: {key: each for key, each in value.items() if each is not None}
            if isinstance(value, dict)
            else value
            for name, value in patch.items()
        }
        return super().merged(present, heard)


@fault(
    "patch-with-null-inside-removes-the-object",
    CATALOG,
    "null inside an object of a merge patch removes the whole object; it should remove that member.",
    rule="PATCH-01",
    family=PATCH,
)
class RemovesObjects(ResourceHandlers):
    """Takes an object with a null for one that is to go."""

    def merged(self, present: Body, patch: Body) -> Body:
        """The resource without objects of which the patch sets something to null."""
        gone = [name for name, value in patch.items() if isinstance(value, dict) and None in value.values()]
        return super().merged(present, patch | dict.fromkeys(gone))


@fault(
    "empty-patch-empties-texts",
    SERVICE_ORDERS,
    "A PATCH that names nothing removes optional texts; it should change nothing.",
    rule="PATCH-01",
    family=PATCH,
)
class EmptiesForNothing(ResourceHandlers):
    """Takes an empty form for an emptied one."""

    def merged(self, present: Body, patch: Body) -> Body:
        """The resource without texts, where nothing is to be changed."""
        if patch.keys() - {"@type"}:
            return super().merged(present, patch)
        texts = ("description", "externalId", "notificationContact", "category", "version")
        return super().merged(present, patch | dict.fromkeys(texts))


@fault(
    "dates-renewed-by-patch",
    ORDERS,
    "A PATCH sets the date at which the resource was made to now; it should stay.",
    rule="PATCH-05",
    family=PATCH,
)
class RenewsDates(Collection):
    """Fills in its dates whenever it writes."""

    async def change(self, identifier: str, update: Update, *, state_only: bool = False) -> Document:
        """The change, and a new beginning."""
        own = [name for name in self.resource.non_patchable if name in ("orderDate", "creationDate")]
        own += [name for name in self.resource.non_patchable if name.endswith("QualificationDate")]

        def renewed(before: Body) -> Body | None:
            after = update(before)
            return after if after is None else after | {name: now() for name in own if name in after}

        return await super().change(identifier, update if state_only else renewed, state_only=state_only)


@fault(
    "patch-of-nothing-creates",
    SERVICES,
    "A PATCH of an id that nothing has creates a resource; it should be answered 404.",
    rule="HTTP-08",
    family=PATCH,
)
class CreatesByPatch(ResourceHandlers):
    """Updates or inserts, as its store does."""

    async def patch(self, exchange: Exchange) -> None:
        """PATCH, or else a new resource."""
        if await self._collection.store.get(self._collection.key, exchange.identifier) is not None:
            await super().patch(exchange)
        else:
            url = f"{exchange.origin()}{self._collection.path}/{exchange.identifier}"
            document = Document.of({"id": exchange.identifier, "href": url, **await exchange.json()})
            await self._collection.add(document)
            await exchange.answer(200, document.raw, (self._media_type,))


@fault(
    "patch-of-nothing-answered-with-ok",
    PRODUCTS,
    "A PATCH of an id that nothing has is answered 200; it should be answered 404.",
    rule="HTTP-08",
    family=PATCH,
)
class PatchesNothing(ResourceHandlers):
    """Does not look how many rows were changed."""

    async def patch(self, exchange: Exchange) -> None:
        """PATCH, or nothing at all."""
        try:
            await super().patch(exchange)
        except ApiError as error:
            if error.status != 404:
                raise
            url = f"{exchange.origin()}{self._collection.path}/{exchange.identifier}"
            body = orjson.dumps({"id": exchange.identifier, "href": url})
            await exchange.answer(200, body, (self._media_type,))


@fault(
    "refused-patch-half-carried-out",
    CATALOG,
    "Of a PATCH that is refused, what was right about it is carried out; nothing should be.",
    rule="PATCH-01",
    family=PATCH,
)
class CarriesOutHalf(ResourceHandlers):
    """Writes attribute by attribute, and stops where one is wrong."""

    _last: ClassVar[Body] = {}

    def merged(self, present: Body, patch: Body) -> Body:
        """The resource after the change."""
        type(self)._last = patch
        return super().merged(present, patch)

    async def patch(self, exchange: Exchange) -> None:
        """PATCH, as far as it goes."""
        try:
            await super().patch(exchange)
        except ApiError:
            for name, value in dict(self._last).items():
                try:
                    await self._collection.change(exchange.identifier, self._one(name, value))
                except ApiError:
                    break
            raise

    def _one(self, name: str, value: Any) -> Callable[[Body], Body]:
        def update(before: Body) -> Body:
            after: Body = before | {name: value}
            self._collection.amendment.check(before, after)
            return after

        return update


@fault(
    "wrong-types-stored-by-patch",
    SERVICES,
    "A PATCH with an object for a text stores it; it should be refused.",
    rule="HTTP-12",
    family=PATCH,
)
class StoresWrongTypes(Amendment):
    """Trusts that clients send what the contract says."""

    def _check_contract(self, before: Body, after: Body) -> None:
        problems = self._resource.representation.problems(after)
        if not problems or any(each.keyword != "type" for each in problems):
            super()._check_contract(before, after)


@fault(
    "mandatory-removed-by-patch",
    CATALOG,
    "A PATCH with null for a mandatory attribute removes it; it should be refused.",
    rule="ID-04",
    family=MANDATORY,
)
class RemovesWhatIsMandatory(Amendment):
    """Checks on create alone what has to be there."""

    def _check_contract(self, before: Body, after: Body) -> None:
        kept = {name: before[name] for name in self._resource.mandatory if name in before}
        super()._check_contract(before, kept | after)


# ── JSON Patch ──────────────────────────────────────────────────────────────────────────────────────────────


class _Altering(ResourceHandlers):
    """Carries out something else than an operation says."""

    def altered(self, operation: Body) -> Body:
        """The operation as it is carried out."""
        raise NotImplementedError

    def operated(self, present: Body, operations: Any) -> Body:
        """What becomes of a resource."""
        well_formed = isinstance(operations, list) and all(isinstance(each, dict) for each in operations)
        changed = [self.altered(each) for each in operations] if well_formed else operations
        return super().operated(present, changed)


@fault(
    "add-replaces-elements",
    PRODUCTS,
    "add at the index of an element replaces it; it should be inserted before it.",
    rule="PATCH-03",
    family=PATCH,
    line=5,
)
class AddReplaces(_Altering):
    """Assigns where it should insert."""

    def altered(self, operation: Body) -> Body:
        """With replace for add at an index."""
        at_index = str(operation.get("path")).rpartition("/")[2].isdigit()
        return operation | {"op": "replace"} if operation.get("op") == "add" and at_index else operation


@fault(
    "remove-takes-the-whole-list",
    SERVICES,
    "remove of an element takes its list away; it should take the element.",
    rule="PATCH-03",
    family=PATCH,
    line=5,
)
class RemovesLists(_Altering):
    """Looks at the first step of a path."""

    def altered(self, operation: Body) -> Body:
        """With the list for its element."""
        path, _, last = str(operation.get("path")).rpartition("/")
        return operation | {"path": path} if operation.get("op") == "remove" and last.isdigit() else operation


@fault(
    "move-leaves-a-copy",
    CATALOG,
    "move leaves the value where it was as well; it should be taken away there.",
    rule="PATCH-03",
    family=PATCH,
    line=5,
)
class MoveCopies(_Altering):
    """Has written copy and forgotten the rest."""

    def altered(self, operation: Body) -> Body:
        """With copy for move."""
        return operation | {"op": "copy"} if operation.get("op") == "move" else operation


@fault(
    "copy-takes-away",
    ORDERS,
    "copy takes the value away where it was; it should stay there.",
    rule="PATCH-03",
    family=PATCH,
    line=5,
)
class CopyMoves(_Altering):
    """Has one function for both."""

    def altered(self, operation: Body) -> Body:
        """With move for copy."""
        return operation | {"op": "move"} if operation.get("op") == "copy" else operation


@fault(
    "operations-skipped",
    PRODUCTS,
    "Operations that cannot be carried out are skipped and the others carried out; all should be refused.",
    rule="PATCH-03",
    family=PATCH,
    line=5,
)
class SkipsOperations(ResourceHandlers):
    """Does what it can."""

    def operated(self, present: Body, operations: Any) -> Body:
        """The resource after the operations that went well."""
        if not isinstance(operations, list):
            return super().operated(present, operations)
        for each in operations:
            try:
                present = super().operated(present, [each])
            except ApiError as error:
                if error.status != 400:
                    raise
        return present


@fault(
    "operations-change-href",
    SERVICES,
    "An operation of a JSON Patch changes href; it should be refused or left alone.",
    rule="PATCH-05",
    family=PATCH,
    line=5,
)
class OperationsChangeHref(Amendment):
    """Takes its address for data as any other."""

    def _check_immutable(self, before: Body, after: Body) -> None:
        super()._check_immutable(before, after | {"href": before.get("href")})


# ── what is kept of a create ────────────────────────────────────────────────────────────────────────────────


@fault(
    "optional-parts-not-kept",
    CATALOG,
    "Optional objects and lists of a create are accepted and not kept; they should be in the new resource.",
    rule="HTTP-04",
    family="schema",
)
class DropsOptionalParts(Intake):
    """Has no tables for them."""

    def complete(self, body: Body, url: str) -> Body:
        """The new resource without optional parts."""
        mandatory = self._resource.mandatory | {self.items}
        kept = {
            name: value
            for name, value in body.items()
            if name in mandatory or not isinstance(value, dict | list)
        }
        return super().complete(kept, url)


@fault(
    "incomplete-references-taken",
    ORDERS,
    "A reference without its id is accepted in a create, and left out; the create should be refused.",
    rule="POLY-05",
    family="references",
)
class TakesIncompleteReferences(Intake):
    """Throws away what it cannot resolve."""

    def check(self, body: Any, raw: bytes) -> Body:
        """The body without optional parts that lack something mandatory."""
        schema = self._resource.creation
        if isinstance(body, dict) and schema is not None:
            lacking = [each for each in schema.problems(body) if each.keyword == "required"]
            names = {
                each.path.split(".")[0].split("[")[0]
                for each in lacking
                if "." in each.path or "[" in each.path
            }
            for name in names - self._resource.mandatory:
                body.pop(name, None)
        return super().check(body, raw)


@fault(
    "create-replaces-what-has-the-id",
    PRODUCTS,
    "A create with an id that is taken replaces what has it; it should be refused with 409.",
    rule="HTTP-04",
    family="references",
    line=5,
)
class ReplacesOnCreate(Collection):
    """Writes over what is there."""

    async def add(self, document: Document) -> None:
        """Store it, in place of another one where there is one."""
        try:
            await self._commit(None, document)
        except ConflictError:
            await self._commit(await self.get(document.id), document)
