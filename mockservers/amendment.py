"""Changes that clients ask for: what a patched resource must keep (rules PATCH-05, STATE-02, ENUM-01)."""

from __future__ import annotations

from tmfrig.mockservers.errors import illegal_transition, invalid_body
from tmfrig.mockservers.intake import refuse_blanks
from tmfrig.mockservers.store import Body
from tmfrig.specs import Lifecycle, Problem, Resource

_TYPE_HINTS = frozenset({"@type", "@baseType", "@schemaLocation"})


class Amendment:
    """Checks the patched bodies of one resource type."""

    def __init__(self, resource: Resource) -> None:
        self._resource = resource
        # what names its type keeps it (rule POLY-04)
        is_typed = "@type" in resource.attributes and resource.attributes["@type"].required
        self._immutable = resource.non_patchable | (_TYPE_HINTS if is_typed else frozenset())
        self._created = resource.creation.attributes if resource.creation is not None else {}

    def check(self, before: Body, after: Body) -> None:
        """ApiError where the patch must be refused: 400 for the contract, 409 for the lifecycle."""
        self._check_immutable(before, after)
        self._check_contract(before, after)
        self._check_lifecycle(before, after)

    def _check_immutable(self, before: Body, after: Body) -> None:
        changed = [name for name in self._immutable if before.get(name) != after.get(name)]
        if changed:
            raise invalid_body(Problem(name, "cannot be changed", "readOnly") for name in sorted(changed))

    def _check_contract(self, before: Body, after: Body) -> None:
        schema = self._resource.representation
        if not schema.accepts(after):
            raise invalid_body(schema.problems(after))
        missing = [
            name
            for name in self._resource.mandatory
            # through another version of the API it may have come without
            if _is_missing(after, name) and not _is_missing(before, name)
        ]
        if missing:
            raise invalid_body(
                Problem(name, "is mandatory and cannot be removed", "required") for name in sorted(missing)
            )
        # what the patch has left alone is the very same value, and nothing that it could be refused for
        changed = {name: value for name, value in after.items() if value is not before.get(name)}
        refuse_blanks(changed, self._created)

    def _check_lifecycle(self, before: Body, after: Body) -> None:
        lifecycle, name = self._resource.lifecycle, self._resource.state_attribute
        if lifecycle is None or name is None or not lifecycle.enforced:
            return
        old, new = before.get(name), after.get(name)
        if old == new or not isinstance(old, str):
            return
        if not isinstance(new, str):
            raise invalid_body([Problem(name, "cannot be removed", "required")])
        if not lifecycle.allows(old, new):
            raise illegal_transition(name, old, new, _ways_on(lifecycle, old))


def _is_missing(body: Body, name: str) -> bool:
    return body.get(name) is None or body[name] == []


def _ways_on(lifecycle: Lifecycle, state: str) -> str:
    following = lifecycle.next_states(state)
    return f"from {state} it can go to {', '.join(following)}" if following else f"{state} is final"
