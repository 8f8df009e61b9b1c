"""Schemathesis as the explorer: valid and broken bodies, and queries, drawn from a contract's document.

Its coverage phase goes through optional attributes, enumeration values and sub-types one after the other, its
fuzzing phase combines them. What it draws is laid over a body that the target is known to take, and judged by
the contract's own validators. The same seed draws the same, whatever the target answers.

Schemathesis takes a while to load and is loaded when something is explored.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, cycle, islice
from typing import TYPE_CHECKING, Any, Final

from tmfrig.conformance.checks.places import Place, without_positions
from tmfrig.conformance.properties.document import Bounds, document
from tmfrig.conformance.properties.drawing import drawn, in_turns, loaded, mode_of, operation_of, query_of
from tmfrig.conformance.properties.facts import Fact, facts
from tmfrig.conformance.properties.slips import listed_values, slips
from tmfrig.specs import Contract, Kind, Problem, Resource, Schema

if TYPE_CHECKING:
    from schemathesis import Case
    from schemathesis.specs.openapi.schemas import OpenApiSchema

Body = dict[str, Any]

_SYSTEMATIC_FIRST: Final = 24
_BROKEN_BATCHES: Final = 10
_BATCH: Final = 10
"""So many cases are drawn at a time: small, so that a run whose time is up has not drawn many in vain."""
_NEW_AT_ONCE: Final = 4
"""So many attributes with something new in them stand in one body: a body that is refused says little."""


@dataclass(frozen=True)
class Broken:
    """A body that does not keep the contract at one place, or (`place` None) in a way that is not counted."""

    body: Any
    place: Place | None = None
    keyword: str = ""
    """The JSON Schema keyword that is not kept there: `required`, `type`, `enum`, `format`."""


class Explorer:
    """Draws for one resource. `base` gives a new body that the target takes; `known` ids that exist there."""

    def __init__(
        self,
        contract: Contract,
        resource: Resource,
        seed: int,
        base: Callable[[], Body],
        known: Mapping[str, list[str]] | None = None,
    ) -> None:
        self._contract = contract
        self._resource = resource
        self._seed = seed
        self._base = base
        self._known = known or {}

    # ── bodies ──────────────────────────────────────────────────────────────────────────────────────────────

    def valid_bodies(self, kind: Kind = Kind.CREATE) -> Iterator[Body]:
        """Bodies that keep the contract, no two alike, without an end that anybody reaches.

        At first every fourth shows something new. Putting values together anew costs next to nothing, drawing
        new ones a lot: most bodies consist of attributes that were drawn before, in other company.
        """
        schema = self._schema_of(kind)
        pool: dict[str, list[Any]] = {}
        systematic, combined = self._systematic(kind, pool), self._combined(kind, pool)
        random_ones = self._random_bodies(kind, pool)
        # the first draw of a large body takes long: it comes when the most telling ones have gone
        streams = chain.from_iterable([systematic, combined] for _ in range(_SYSTEMATIC_FIRST))
        later = cycle([systematic, combined, systematic, combined, random_ones, combined])
        seen: set[str] = set()
        for listed in listed_values(schema.attributes, self._over(kind)):
            if schema.accepts(listed) and _is_new(listed, seen):
                yield listed
        for stream in chain(streams, later):
            # what was drawn often is drawn again: after a while there may be nothing new
            body = next((each for each in islice(stream, 20) if _is_new(each, seen)), None)
            if body is None and stream is random_ones:
                return
            if body is not None and schema.accepts(body):
                yield body

    def broken_bodies(self, kind: Kind = Kind.CREATE) -> Iterator[Broken]:
        """Bodies that break the contract: one of each kind at each place, then drawn ones.

        What clients get wrong and what Schemathesis thinks of come by turns, and so do the attributes, so
        that a short run has seen something of each.
        """
        schema, base = self._schema_of(kind), self._over(kind)
        thought_of = in_turns([self._broken_at(name, kind, base) for name in self._names(kind)])
        seen: set[tuple[str, str]] = set()
        for broken in in_turns([self._slips(kind), thought_of]):
            key = (without_positions(broken.place or ()), broken.keyword)
            if key not in seen or broken.place is None:
                seen.add(key)
                yield broken
        for case in self._fuzzed(self._deep, kind, "negative", batches=_BROKEN_BATCHES):
            yield from _isolated(case.body, base, schema)

    def _broken_at(self, name: str, kind: Kind, base: Body) -> Iterator[Broken]:
        """What is wrong with one first-level attribute and with all that is inside it."""
        for case in self._coverage(self._alone(name), kind, "negative"):
            if isinstance(case.body, dict):
                body = {key: value for key, value in base.items() if key != name} | case.body
                yield from _isolated(body, base, self._schema_of(kind))

    def _slips(self, kind: Kind) -> Iterator[Broken]:
        schema = self._schema_of(kind)
        done: set[tuple[str, str]] = set()
        for body in self._systematic(kind, {}):
            for wrong in slips(schema.attributes, body):
                problems = schema.problems(wrong)
                if len(problems) != 1:
                    continue
                place = place_of(problems[0])
                key = (without_positions(place), problems[0].keyword)
                if key not in done:
                    done.add(key)
                    yield Broken(wrong, place, problems[0].keyword)

    def _systematic(self, kind: Kind, pool: dict[str, list[Any]]) -> Iterator[Body]:
        """Over a body that the target takes, a few attributes at a time that show something new."""
        waiting: Body = {}
        shown: set[Fact] = set()
        for name, value in in_turns([self._telling(each, kind, shown) for each in self._names(kind)]):
            pool.setdefault(name, []).append(value)
            if name in waiting or len(waiting) >= _NEW_AT_ONCE:
                yield self._over(kind) | waiting
                waiting = {}
            waiting[name] = value
        if waiting:
            yield self._over(kind) | waiting

    def _telling(self, name: str, kind: Kind, shown: set[Fact]) -> Iterator[tuple[str, Any]]:
        """Values of one attribute that show something which nothing has shown before."""
        attributes = {name: self._schema_of(kind).attributes[name]}
        for case in self._coverage(self._alone(name), kind, "positive"):
            if not isinstance(case.body, dict) or name not in case.body:
                continue
            new = facts(attributes, case.body, self._resource.name) - shown
            if new:
                shown |= new
                yield name, case.body[name]

    def _names(self, kind: Kind) -> list[str]:
        """The first-level attributes in the order of the seed: a run that is cut short sees others with
        another one."""
        names = list(self._schema_of(kind).attributes)
        random.Random(f"{self._seed} {self._resource.name} {kind}").shuffle(names)
        return names

    def _combined(self, kind: Kind, pool: dict[str, list[Any]]) -> Iterator[Body]:
        """Optional attributes as they were drawn before, put together at random."""
        chance = random.Random(f"{self._seed} {self._resource.name} {kind} combined")
        mandatory = self._mandatory(kind)
        while True:
            names = [name for name in pool if name not in mandatory]
            chosen = chance.sample(names, min(len(names), chance.randint(1, _NEW_AT_ONCE + 2)))
            yield self._over(kind) | {name: chance.choice(pool[name]) for name in chosen}

    def _random_bodies(self, kind: Kind, pool: dict[str, list[Any]]) -> Iterator[Body]:
        """As they are drawn, and in turn laid over a body that the target takes."""
        mandatory = self._mandatory(kind)
        for number, case in enumerate(self._fuzzed(self._deep, kind, "positive")):
            if not isinstance(case.body, dict):
                continue
            for name, value in case.body.items():
                pool.setdefault(name, []).append(value)
            if number % 2:
                yield case.body
            else:
                optional = {name: value for name, value in case.body.items() if name not in mandatory}
                yield self._over(kind) | optional

    def _mandatory(self, kind: Kind) -> frozenset[str]:
        attributes = self._schema_of(kind).attributes
        return frozenset(name for name, each in attributes.items() if each.required)

    def _over(self, kind: Kind) -> Body:
        return self._base() if kind is Kind.CREATE else {}

    def _schema_of(self, kind: Kind) -> Schema:
        schema = self._resource.creation if kind is Kind.CREATE else self._resource.patching
        if schema is None:
            raise ValueError(f"{self._resource.name} has no body for {kind}")
        return schema

    # ── queries ─────────────────────────────────────────────────────────────────────────────────────────────

    def queries(self) -> Iterator[str]:
        """Query strings of a list, well formed and not, no two alike."""
        seen: set[str] = set()
        for mode in ("negative", "positive"):
            queries = map(query_of, self._coverage(self._flat, Kind.LIST, mode))
            yield from (query for query in queries if _is_new(query, seen))
        for mode in ("positive", "negative"):
            queries = map(query_of, self._fuzzed(self._flat, Kind.LIST, mode, batches=_BROKEN_BATCHES))
            yield from (query for query in queries if _is_new(query, seen))

    # ── Schemathesis ────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _deep(self) -> OpenApiSchema:
        return loaded(document(self._contract, self._resource, Bounds(self._known, seed=self._seed)))

    def _alone(self, name: str) -> OpenApiSchema:
        """The document in which bodies consist of one attribute."""
        bounds = Bounds(self._known, seed=self._seed, only=frozenset({name}))
        return loaded(document(self._contract, self._resource, bounds))

    @cached_property
    def _flat(self) -> OpenApiSchema:
        return loaded(document(self._contract, self._resource, Bounds({}, depth=0, seed=self._seed)))

    def _coverage(self, schema: OpenApiSchema, kind: Kind, mode: str) -> Iterator[Case[Any]]:
        from schemathesis.generation.drivers import CoverageGenerator
        from schemathesis.generation.feedback import NO_FEEDBACK
        from schemathesis.generation.overrides import Override

        operation = operation_of(schema, kind)
        generator = CoverageGenerator(
            operation=operation,
            generation_modes=[mode_of(mode)],
            generation_config=schema.config.generation_for(operation=operation, phase="coverage"),
            auth_storage=None,
            override=Override(),
            feedback=NO_FEEDBACK,
        )
        # other methods of the same path are not what the operation is about
        return (case for case in generator if case.method.lower() == operation.method)

    def _fuzzed(
        self, schema: OpenApiSchema, kind: Kind, mode: str, batches: int | None = None
    ) -> Iterator[Case[Any]]:
        strategy = operation_of(schema, kind).as_strategy(generation_mode=mode_of(mode))
        number = 0
        while batches is None or number < batches:
            yield from drawn(strategy, _BATCH, f"{self._seed} {self._resource.name} {kind} {mode} {number}")
            number += 1


def _is_new(value: Any, seen: set[str]) -> bool:
    try:
        written = json.dumps(value, sort_keys=True)
    except (TypeError, ValueError):
        return False
    new = written not in seen
    seen.add(written)
    return new


def _isolated(body: Any, base: Body, schema: Schema) -> Iterator[Broken]:
    """One body for each attribute that is wrong, in which nothing else is."""
    if not isinstance(body, dict):
        if _is_new(body, set()):
            yield Broken(body)
        return
    try:
        problems = schema.problems(body)
    except (TypeError, ValueError):
        return
    for name in dict.fromkeys(str(place_of(each)[0]) for each in problems if each.path):
        alone = base | {name: body[name]} if name in body else {k: v for k, v in base.items() if k != name}
        left = schema.problems(alone)
        if len(left) == 1:
            yield Broken(alone, place_of(left[0]), left[0].keyword)
        elif left:
            yield Broken(alone)


def place_of(problem: Problem) -> Place:
    """Where a problem is: ("productOrderItem", 0, "action")."""
    found: list[str | int] = []
    for part in problem.path.split("."):
        name, *indices = part.replace("]", "").split("[")
        found += [name, *map(int, indices)] if name else list(map(int, indices))
    return tuple(found)
