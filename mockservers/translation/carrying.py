"""Carrying a change over: what became of `before` in `after` is done to a value that says more than both."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from typing import Any

_IDENTITIES = ("id", "name", "code")
# The same thing may be referred to several times, each time as something else.
_ROLES = ("role", "relationshipType", "owner")


def carried_over(kept: Any, before: Any, after: Any) -> Any:
    """A value with the changes from `before` to `after`, and all that neither of the two has."""
    if before == after:
        return kept
    if isinstance(kept, dict) and isinstance(after, dict):
        return _object(kept, before if isinstance(before, dict) else {}, after)
    if isinstance(kept, list) and isinstance(after, list):
        return _list(kept, before if isinstance(before, list) else [], after)
    return after


def _object(kept: dict[str, Any], before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    result = {
        name: carried_over(value, before.get(name), after[name]) if name in after else value
        for name, value in kept.items()
        if name in after or name not in before
    }
    return result | {name: value for name, value in after.items() if name not in kept}


def _list(kept: list[Any], before: list[Any], after: list[Any]) -> list[Any]:
    """Each element that stays keeps what is its own; elements that could not be said stay at the end."""
    origins = _origins(before, after)
    likes = _likes(before, kept)
    result = []
    for index, each in enumerate(after):
        origin = origins.get(index)
        like = likes.get(origin) if origin is not None else None
        if origin is None or like is None:
            result.append(each)
        else:
            result.append(carried_over(kept[like], before[origin], each))
    known = set(likes.values())
    return result + [each for index, each in enumerate(kept) if index not in known]


def _origins(before: list[Any], after: list[Any]) -> dict[int, int]:
    """Which element of `before` each of `after` was: the equal one, else the one of the same identity."""
    found = {index: index for index in range(min(len(before), len(after))) if before[index] == after[index]}
    _paired(found, before, after, _text)
    _paired(found, before, after, _identity)
    if len(before) == len(after):
        used = set(found.values())
        found |= {index: index for index in range(len(after)) if index not in found and index not in used}
    return found


def _paired(found: dict[int, int], before: list[Any], after: list[Any], key_of: Any) -> None:
    """Pair the elements that have the same key and no partner yet, in their order."""
    used = set(found.values())
    waiting: defaultdict[Any, deque[int]] = defaultdict(deque)
    for index, each in enumerate(before):
        if index not in used and (key := key_of(each)) is not None:
            waiting[key].append(index)
    for index, each in enumerate(after):
        if index not in found and (candidates := waiting.get(key_of(each))):
            found[index] = candidates.popleft()


def _likes(before: list[Any], kept: list[Any]) -> dict[int, int]:
    """Which element of `kept` says what each of `before` says, and perhaps more."""
    found = {
        index: index for index in range(min(len(before), len(kept))) if _is_within(before[index], kept[index])
    }
    left = [index for index in range(len(kept)) if index not in found]
    facts = {index: set(_facts(kept[index])) for index in left} if len(found) < len(before) else {}
    for index, each in enumerate(before):
        if index in found or not left:
            continue
        own = set(_facts(each))
        # of those that have most in common the one that is nearest
        best = max(left, key=lambda other: (len(own & facts[other]), -abs(other - index)))
        if own & facts[best]:
            found[index] = best
            left.remove(best)
    return found


def _is_within(part: Any, whole: Any) -> bool:
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(name in whole and _is_within(each, whole[name]) for name, each in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) <= len(whole) and all(map(_is_within, part, whole))
    return bool(part == whole)


def _facts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The single things that a value says, each with its place; types are not what tells elements apart."""
    if isinstance(value, dict):
        for name, each in value.items():
            if not name.startswith("@"):
                yield from _facts(each, f"{path}.{name}")
    elif isinstance(value, list):
        for each in value:
            yield from _facts(each, f"{path}[]")
    else:
        yield path, repr(value)


def _text(element: Any) -> Any:
    return frozenset(_facts(element))


def _identity(element: Any) -> Any:
    """What an element is recognised by when others come and go; None where nothing does."""
    if not isinstance(element, dict):
        return None
    inner = next((each for each in element.values() if isinstance(each, dict) and "id" in each), {})
    name = next((key for key in _IDENTITIES if key in element), None)
    if name is None and not inner:
        return None
    roles = tuple(str(element.get(role)) for role in _ROLES)
    return (name, str(element[name]), *roles) if name else ("inner", str(inner["id"]), *roles)
