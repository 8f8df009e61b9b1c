"""Faults of PATCH: what a merge patch does, and what it may not touch."""

from __future__ import annotations

from itertools import zip_longest

from tmfrig.mockservers.amendment import Amendment
from tmfrig.mockservers.collection import Collection, Update
from tmfrig.mockservers.engine import ResourceHandlers
from tmfrig.mockservers.errors import ApiError, unsupported_media_type
from tmfrig.mockservers.exchange import JSON, MERGE_PATCH, Exchange
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.patching import merged
from tmfrig.mockservers.store import Body, Document

FAMILY = "patch"
CATALOG, ORDERS, PRODUCTS, SERVICES, SERVICE_ORDERS = "TMF620", "TMF622", "TMF637", "TMF638", "TMF641"


# ── what it does ────────────────────────────────────────────────────────────────────────────────────────────


@fault(
    "patch-forgotten",
    PRODUCTS,
    "A PATCH is answered 200 with the change, but GET shows the old value; the change should be kept.",
    rule="HTTP-08",
    family=FAMILY,
)
class ForgetsPatches(Collection):
    """Changes its copy alone."""

    async def change(self, identifier: str, update: Update, *, state_only: bool = False) -> Document:
        """What a client's change would make of a resource."""
        if state_only:
            return await super().change(identifier, update, state_only=state_only)
        before = await self.get(identifier)
        return Document.of(update(before.body) or before.body)


@fault(
    "patch-answers-what-was",
    SERVICES,
    "A PATCH is answered with the resource as it was before; it should be as it is now.",
    rule="HTTP-08",
    family=FAMILY,
)
class AnswersWhatWas(Collection):
    """Answers with what it read first."""

    async def change(self, identifier: str, update: Update, *, state_only: bool = False) -> Document:
        """Change it, and show what was."""
        before = await self.get(identifier)
        await super().change(identifier, update, state_only=state_only)
        return before


@fault(
    "patch-replaces-the-resource",
    ORDERS,
    "A PATCH removes the texts that it does not name; they should be left alone.",
    rule="PATCH-01",
    family=FAMILY,
)
class ReplacesOnPatch(ResourceHandlers):
    """Treats PATCH as PUT."""

    def merged(self, present: Body, patch: Body) -> Body:
        """The resource without optional texts of the client's that the patch does not name."""
        resource = self._collection.resource
        of_clients = set(resource.creation.attributes if resource.creation else ())
        kept = resource.mandatory | resource.non_patchable | {resource.state_attribute, "id", "href"}
        gone = [
            name
            for name, value in present.items()
            if name in of_clients - kept and isinstance(value, str) and not name.startswith("@")
        ]
        return super().merged(present, dict.fromkeys(gone) | patch)


@fault(
    "patch-ignores-null",
    PRODUCTS,
    "null in a merge patch changes nothing; it should remove the attribute.",
    rule="PATCH-01",
    family=FAMILY,
)
class IgnoresNull(ResourceHandlers):
    """Cannot tell null from nothing."""

    def merged(self, present: Body, patch: Body) -> Body:
        """What is left of the patch without its nulls."""
        return super().merged(present, {name: value for name, value in patch.items() if value is not None})


@fault(
    "patch-ignores-false",
    PRODUCTS,
    "false in a merge patch changes nothing; it is a value as any other.",
    rule="PATCH-01",
    family=FAMILY,
)
class IgnoresFalse(ResourceHandlers):
    """Asks whether there is something, and false is nothing."""

    def merged(self, present: Body, patch: Body) -> Body:
        """What is left of the patch without what is false."""
        return super().merged(present, {name: value for name, value in patch.items() if value is not False})


@fault(
    "patch-appends-to-arrays",
    SERVICES,
    "An array in a merge patch is added to the one that is there; it should replace it.",
    rule="PATCH-01",
    family=FAMILY,
)
class AppendsToArrays(ResourceHandlers):
    """Merges what should be replaced."""

    def merged(self, present: Body, patch: Body) -> Body:
        """The resource with longer arrays."""
        longer = {name: [*present[name], *patch[name]] for name in _arrays(present, patch)}
        return super().merged(present, patch | longer)


@fault(
    "patch-merges-arrays",
    SERVICE_ORDERS,
    "An array in a merge patch is merged with the one that is there; it should replace it whole.",
    rule="PATCH-01",
    family=FAMILY,
)
class MergesArrays(ResourceHandlers):
    """Merges element by element."""

    def merged(self, present: Body, patch: Body) -> Body:
        """The resource with arrays whose elements are merged with those in their places."""
        woven = {
            name: [
                before if each is None else merged(before, each)
                for before, each in zip_longest(present[name], patch[name])
            ]
            for name in _arrays(present, patch)
        }
        return super().merged(present, patch | woven)


def _arrays(present: Body, patch: Body) -> list[str]:
    return [
        name
        for name, value in patch.items()
        if isinstance(value, list) and isinstance(present.get(name), list)
    ]


@fault(
    "patch-replaces-objects",
    CATALOG,
    "An object in a merge patch replaces the one that is there; it should be merged into it.",
    rule="PATCH-01",
    family=FAMILY,
)
class ReplacesObjects(ResourceHandlers):
    """Merges the first level alone."""

    def merged(self, present: Body, patch: Body) -> Body:
        """The resource without what objects of the patch do not name."""
        whole = {name: value for name, value in present.items() if not isinstance(patch.get(name), dict)}
        return super().merged(whole, patch)


# ── formats ─────────────────────────────────────────────────────────────────────────────────────────────────


class _Choosy(Exchange):
    """Does not read one format of a patch."""

    unread = ""

    def media_type(self, accepted: tuple[str, ...]) -> str:
        """The body's media type, unless it is the one."""
        found = super().media_type(accepted)
        if found == self.unread and self.scope["method"] == "PATCH":
            raise unsupported_media_type(found, [each for each in accepted if each != found])
        return found


@fault(
    "merge-patch-refused",
    PRODUCTS,
    "A PATCH as application/merge-patch+json is answered 415; every server should take it.",
    rule="PATCH-01",
    family=FAMILY,
)
class ReadsNoMergePatch(_Choosy):
    """Knows one media type alone."""

    unread = MERGE_PATCH


@fault(
    "patch-as-json-refused",
    SERVICES,
    "A PATCH as application/json is answered 415; it should be taken as a merge patch.",
    rule="PATCH-02",
    family=FAMILY,
)
class ReadsNoJson(_Choosy):
    """Takes RFC 7396 literally, and not the contract."""

    unread = JSON


# ── what it may not touch ───────────────────────────────────────────────────────────────────────────────────


class _Forgiving(Amendment):
    """Lets a patch do more than it may."""

    def _check_immutable(self, before: Body, after: Body) -> None:
        """Nothing is immutable."""


@fault(
    "patch-changes-what-is-the-servers",
    ORDERS,
    "A PATCH changes the date of an order; what the contract leaves out of its body should stay as it is.",
    rule="PATCH-05",
    family=FAMILY,
)
class ChangesEverything(_Forgiving):
    """Merges whatever comes."""

    def check(self, before: Body, after: Body) -> None:
        """Refuse another id alone, as the store would lose the resource."""
        after["id"], after["href"] = before["id"], before["href"]
        super().check(before, after)


@fault(
    "patch-changes-href",
    PRODUCTS,
    "A PATCH changes href; it should stay as it is.",
    rule="PATCH-05",
    family=FAMILY,
)
class ChangesHref(_Forgiving):
    """Protects the key alone."""

    def check(self, before: Body, after: Body) -> None:
        """Keep what else is the server's."""
        kept = {name: before[name] for name in self._immutable - {"href"} if name in before}
        after |= kept
        super().check(before, after)


@fault(
    "unlisted-value-taken-by-patch",
    PRODUCTS,
    "A PATCH with a value that its enumeration does not list is answered 200; it should be refused.",
    rule="ENUM-01",
    family=FAMILY,
)
class TakesAnyValue(Amendment):
    """Looks at values when a resource is created, and never again."""

    def _check_contract(self, before: Body, after: Body) -> None:
        """Look at everything but enumerations."""
        problems = self._resource.representation.problems(after)
        if not problems or any(each.keyword != "enum" for each in problems):
            super()._check_contract(before, after)

    def _check_lifecycle(self, before: Body, after: Body) -> None:
        """Look at transitions between states that it knows."""
        name = self._resource.state_attribute
        listed = self._resource.attributes[name].enum if name is not None else ()
        if name is None or not listed or after.get(name) in listed:
            super()._check_lifecycle(before, after)


@fault(
    "patch-is-a-server-error",
    SERVICE_ORDERS,
    "A PATCH takes effect, but is answered 500; it should be 200.",
    rule="HTTP-08",
    family=FAMILY,
)
class FailsAfterChanging(Collection):
    """Fails on the way from the change to its answer."""

    async def change(self, identifier: str, update: Update, *, state_only: bool = False) -> Document:
        """Change it, and fail where a client has asked."""
        changed = await super().change(identifier, update, state_only=state_only)
        if not state_only:
            raise ApiError(500, "internalError", "the request could not be handled")
        return changed
