"""Trying: which of the three samples an optional notation of a query selects, where it is understood.

What a target need not offer it may refuse, ignore, or take for an attribute that nothing has: then all three
are listed, or none. Whatever else is listed shows that it was read, and read wrongly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import Violation, skip
from tmfrig.conformance.checks.matching import OPTIONAL
from tmfrig.conformance.checks.samples import Samples, ids_in, is_complete, samples_of, selected
from tmfrig.conformance.exchange import Exchange
from tmfrig.conformance.expect import describe_answer, expect
from tmfrig.specs import Resource


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a query: the ids that were listed."""

    answer: Exchange
    found: frozenset[str]

    @property
    def is_whole(self) -> bool:
        """Whether a list came, and came as a whole."""
        return self.answer.ok and is_complete(self.answer)

    @property
    def shown(self) -> str:
        """What came, in a few words."""
        return f"{len(self.found)} listed" if self.answer.ok else f"answered {self.answer.status}"


def three_selected(api: Api, resource: Resource) -> Samples:
    """The samples, where a filter selects just the three; skips where none does."""
    samples = samples_of(api, resource)
    if not samples.are_selected:
        skip(f"{resource.name} has no second text by which a few could be selected")
    whole = selected(api, resource, samples.selection, samples.ids)
    if not whole.ok or set(ids_in(whole)) != set(samples.ids):
        skip(f"a plain filter does not select the three samples ({len(whole.representations)} listed)")
    return samples


def tried(api: Api, samples: Samples, query: str, *, alone: bool = False, named: str | None = None) -> Found:
    """The list that a query selects, among the three unless it is asked `alone`.

    The query is sent as it stands; `named` is how people read it, where that is another text.
    """
    parts = ([] if alone else [urlencode(samples.selection, quote_via=quote)]) + [query]
    label = f"GET {samples.resource.path} with {named or query}"
    answer = api.request("GET", f"{samples.resource.path}?{'&'.join(parts)}", label=label, tags=(OPTIONAL,))
    expect(answer).not_a_server_error("what is not offered is ignored, or refused with 400 or 501")
    return Found(answer, frozenset(ids_in(answer)))


def differs(found: Found, samples: Samples, wanted: Sequence[str], *, offered: bool = False) -> None:
    """Violation where a selection was made, and not the one that was asked for.

    All three or none of them are such a selection only where the notation is known to be `offered`.
    """
    if not found.is_whole or found.found == set(wanted):
        return
    if not offered and (not found.found or found.found >= set(samples.ids)):
        return
    raise Violation(
        f"{found.answer.label}: the list holds {_values(samples, found.found)}",
        expected=_values(samples, wanted),
        actual=_values(samples, found.found) if found.found else describe_answer(found.answer),
        exchange=found.answer,
    )


def _values(samples: Samples, ids: Sequence[str] | frozenset[str]) -> str:
    """The samples by what tells them apart; others by their id."""
    known = dict(zip(samples.ids, samples.values, strict=True))
    return ", ".join(sorted(known.get(id, id) for id in ids)[:5]) or "nothing"
