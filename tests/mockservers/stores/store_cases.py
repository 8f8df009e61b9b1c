"""Documents and queries of every odd shape, drawn for the comparison of stores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote

import orjson

Body = dict[str, Any]
Draw = Callable[[Random], Any]

STATES = ["held", "done", "active"]
REFERENCES = ["p1", "p2", "p3"]
IDS = [
    "a",
    "b",
    "c",
    "d",
    "e",
    "f",
    "g",
    "h",
    "ü",
    "1",
    "01",
    "2024-01-01",
    "2024-01-01T00:00:00Z",
    "true",
    "'",
]
WORDS = [
    "held",
    "Held",
    "a,b",
    "a;b",
    "a b",
    "a+b",
    "a&b=c",
    "ü",
    "😀",
    "\uffff",
    "\U0010ffff",
    "",
    "'",
    "1",
    "true",
]
AWKWARD = [
    " ",
    "%",
    "_",
    'q"uote',
    "back\\slash",
    "nul\0nul",
    "\0",
    "false",
    "null",
    "nan",
    "inf",
    "01",
    "1.0",
    "-0",
]
AWKWARD += ["1e3", "[1,2]", '{"id":"p1"}', "[", "x" * 200, "x" * 201, "x" * 200 + "y", "y" * 300, "p1", "\n"]
DATES = ["2024-01-01", "2024-01-01T00:00:00Z", "2024-01-01T00:00:00.000Z", "2024-01-01T01:00:00+01:00"]
DATES += ["2023-12-31T23:00:00-01:00", "2024-01-01 00:00:00", "2024-01-01t00:00:00z", "2024-01-01T00:00"]
DATES += ["2024-01-01T00:00:00.0000001Z", "2024-01-01T00:00:00.000001Z", "2023-12-31T23:59:59.999999Z"]
DATES += ["2024-06-30T12:00:00+02:00", "2024-07-01", "1969-12-31T23:59:59.5Z", "1970-01-01"]
DATES += ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
NO_DATES = [
    "2024-02-30",
    "2024-1-1",
    "2024-01-01T24:00:00Z",
    "2024-01-01x",
    "20240101",
    "2024-01-01T00:00:00+25:00",
]
NUMBERS = [0, -0.0, 1, 1.0, -1, 1.5, 0.1, 10, 2**53, 2**53 + 1, 2**63, 2**64 - 1, -(2**63), -(2**53) - 1]
NUMBERS += [1e22, 1e300, -1e300, 5e-324, 1.7976931348623157e308]
SPELLINGS = [
    "0",
    "-0",
    "0.0",
    "1",
    "1.0",
    "01",
    "+1",
    "1e0",
    "10",
    "1_0",
    "１",
    " 1",
    "-1",
    "1.5",
    "0.1",
    "1e999",
]
SPELLINGS += ["-inf", "nan", "9007199254740992", "9007199254740993", "18446744073709551615", "5e-324", "1e22"]
SCALARS = [*STATES, *WORDS, *AWKWARD, *DATES, *NO_DATES, *NUMBERS, True, False, None]

SHAPES = [
    [],
    [[]],
    {},
    [{}],
    ["p1"],
    [["p1"]],
    [1, "1"],
    [None],
    {"id": "p1"},
    [{"id": "p1"}],
    [[{"id": "p1"}], {"id": "p2"}],
]
SHAPES += [
    {"id": ["p1", ["p2"]]},
    {"id": {"id": "p1"}},
    {"id": 1},
    {"id": None},
    {"id": "2024-01-01T00:00:00Z"},
    {"id": []},
]
SHAPES += [{"b": {"id": "p1"}}, {"x.id": "p1"}, {"id.id": "p1"}, ["p1", {"id": "p2"}], {"role": "p1"}]


def one_of(*values: Any) -> Draw:
    """One of some values."""
    return lambda random: random.choice(values)


def _entity(random: Random) -> Any:
    return {"id": random.choice(REFERENCES), "role": random.choice("xy")}


def _references(random: Random) -> Any:
    return random.choice((_entity(random), [_entity(random) for _ in range(random.randrange(3))]))


def _items(random: Random) -> Any:
    return [
        {**_entity(random), "state": random.choice(STATES), "productOffering": _references(random)}
        for _ in range(random.randrange(3))
    ]


def _odd(random: Random, depth: int = 0) -> Any:
    kind = random.randrange(4) if depth < 3 else 0
    if kind == 0:
        return random.choice(SCALARS)
    if kind == 1:
        return [_odd(random, depth + 1) for _ in range(random.randrange(3))]
    if kind == 2:
        return _references(random)
    return {random.choice(("id", "b", "state", "x.y", "role")): _odd(random, depth + 1) for _ in range(2)}


_TAME: Mapping[str, Draw] = {
    "status": one_of(*STATES),
    "state": one_of(*STATES),
    "name": one_of(*STATES, *WORDS, None),
    "priority": one_of(0, -0.0, 1, 1.0, -1, 1.5, 10, 1e22, "1", "4"),
    "isBundle": one_of(True, False),
    "startDate": one_of(*DATES, *NO_DATES),
    "dueDateTime": one_of(*DATES, None),
    "remark": one_of(*SCALARS),
    "relatedParty": _references,
    "productOrderItem": _items,
}
_STRANGE: Mapping[str, Draw] = {
    "name": one_of(*AWKWARD),
    "priority": one_of(*NUMBERS),
    "item": _references,
    # attributes whose names look like a path, and the paths that they look like
    "a.b": _references,
    "a": lambda random: {"b": _references(random), "startDate": random.choice(DATES)},
    "a.startDate": one_of(*DATES),
    # and such as databases have no room for
    "a\0": _references,
    "\0Date": one_of(*DATES),
    "n" * 3000 + "Date": one_of(*DATES),
    "": _references,
}
_ODD: Mapping[str, Draw] = dict.fromkeys(
    ("state", "name", "priority", "isBundle", "startDate", "remark", "a", "item", "relatedParty"), _odd
)
PATHS = [
    "state",
    "status",
    "name",
    "priority",
    "isBundle",
    "startDate",
    "dueDateTime",
    "remark",
    "relatedParty.id",
]
ODD_PATHS = [
    "relatedParty.role",
    "productOrderItem.id",
    "productOrderItem.productOffering.id",
    "nothing",
    "item.id",
]
ODD_PATHS += [
    "productOrderItem.state",
    "a.b.id",
    "a.b",
    "a.startDate",
    "a\0.id",
    "\0Date",
    "n" * 3000 + "Date",
]
ODD_PATHS += [".id", "", "state.id", "startDate.id", "remark.id", "remark.b.id", "relatedParty", "id"]
_EQUAL = ["=", "=", "=", "==", ".eq=", "%3D"]
_RANGES = [".gt=", ">", "%3E", ".gte=", ">=", "%3E%3D", ".lt=", "<", "%3C", ".lte=", "%3C="]
_OPERATORS = [".ne=", "!=", "%21%3D", *_RANGES]
_MATCHES = [".regex=", "=~", "*=", "%3D%7E"]
_PATTERNS = ["^h", "e.*d$", r"\d+", "[a-c]", "(?i)HELD", "^$", "", ".", "^true$", "ü|😀", "^1", "e+1"]
_FILTERS = ["$[?(@.state=='held')]", "$[?(@.priority>1)]", "$[?(@.priority<=1.5 && @.status!='done')]"]
_FILTERS += [
    "$[?(!@.state)]",
    "$[?(@.relatedParty[?(@.role=='x')])]",
    "$[?(@..[?(@.id=='p1')])]",
    "$[?(@.remark[0])]",
]
_FILTERS += ["[?(@.name =~ /h.*/)]", "$[?(match(@.name,'h.*'))]", "$[?(length(@.name)>5)]", "$[?(@.a.b)]"]


def _body(random: Random, identifier: str, oddity: int) -> Body:
    body: Body = {"id": identifier}
    for attributes, least in ((_TAME, 5), (_STRANGE, 0), (_ODD, 0))[: oddity + 1]:
        for name in random.sample(sorted(attributes), random.randint(least, min(len(attributes), 7))):
            body[name] = attributes[name](random)
    # as it is when it comes in
    parsed: Body = orjson.loads(orjson.dumps(body))
    return parsed


_USUAL = {
    "priority": SPELLINGS,
    "isBundle": ["true", "false", "null", "1"],
    "remark": ["null", "held", "1", "true"],
}
_USUAL |= dict.fromkeys(("startDate", "dueDateTime", "a.startDate"), DATES)


def _values(random: Random, path: str) -> str:
    usual = _USUAL.get(path) or (REFERENCES if path.endswith("id") else STATES)
    kinds = (usual, usual, usual, usual, WORDS, AWKWARD, DATES, NO_DATES, SPELLINGS, IDS)
    values = [random.choice(random.choice(kinds)) for _ in range(random.choice((1, 1, 1, 2, 3)))]
    encoded = [quote(each, safe=random.choice(("", ",;:+ "))) for each in values]
    return random.choice((",", "%2C")).join(encoded)


def _together(random: Random) -> str:
    """Conditions on one attribute, such as the two ends of a range."""
    path = random.choice(("startDate", "dueDateTime", "priority", "name", "relatedParty.id"))
    conditions = []
    for _ in range(random.choice((2, 2, 2, 3))):
        operators = random.choice((_RANGES, _RANGES, _RANGES, _EQUAL))
        alternatives = random.choice((1, 1, 1, 2))
        conditions.append(
            ";".join(path + random.choice(operators) + _values(random, path) for _ in range(alternatives))
        )
    return "&".join(conditions)


def _likely(random: Random) -> str:
    """What a client would ask."""
    state, reference, date = random.choice(STATES), random.choice(REFERENCES), random.choice(DATES)
    return random.choice(
        (
            f"status={state}",
            f"state={state}",
            f"status={state},{random.choice(STATES)}",
            f"status={state}&status={random.choice(STATES)}",
            f"status={state};state={random.choice(STATES)}",
            f"relatedParty.id={reference}",
            f"a.b.id={reference}",
            f"productOrderItem.productOffering.id={reference}",
            f"startDate.gte={quote(date)}",
            f"startDate%3C{quote(date)}",
            f"dueDateTime={date}",
            f"isBundle={random.choice(('true', 'false'))}",
            f"priority{random.choice(('>', '=', '%3C='))}{quote(random.choice(SPELLINGS))}",
            f"{random.choice(('name', 'dueDateTime', 'isBundle', 'state'))}=null",
            f"id={','.join(map(quote, random.sample(IDS, random.randint(1, 5))))}",
            _together(random),
            _together(random),
        )
    )


def _predicate(random: Random) -> str:
    path = random.choice(random.choice((PATHS, ODD_PATHS)))
    if random.random() < 0.1:
        return quote(path) + random.choice(_MATCHES) + quote(random.choice(_PATTERNS), safe="")
    return quote(path) + random.choice(random.choice((_EQUAL, _OPERATORS))) + _values(random, path)


def _selection(random: Random) -> str:
    parts = [
        _likely(random)
        if random.random() < 0.6
        else ";".join(_predicate(random) for _ in range(random.choice((1, 1, 2))))
        for _ in range(random.choice((0, 1, 1, 1, 2, 2, 3)))
    ]
    if random.random() < 0.15:
        parts.append("filter=" + quote(random.choice(_FILTERS)))
    return "&".join(parts)


def _window(random: Random) -> str:
    """In which order, and which page."""
    parts = []
    if random.random() < 0.5:
        kinds = (["status", "name", "dueDateTime", "priority"], PATHS, ODD_PATHS)
        keys = [random.choice(random.choice(kinds)) for _ in range(random.choice((1, 1, 1, 2, 3)))]
        parts.append(
            "sort=" + ",".join(random.choice(("", "-", "+", "%2B")) + quote(key, safe="") for key in keys)
        )
    if random.random() < 0.5:
        parts.append(f"offset={random.choice((0, 1, 2, 5, 100))}")
    if random.random() < 0.7:
        parts.append(f"limit={random.choice((0, 1, 2, 3, 10**15 - 1))}")
    return "&".join(parts)


def _first_pages(random: Random) -> list[str]:
    """One term, two of them, something rare of which terms do not tell all, and a walk."""
    state, again = random.choice(STATES), random.choice(STATES)
    rare = random.choice((f"name={state}", f"dueDateTime={quote(random.choice(DATES))}", "priority=1.5"))
    return [
        f"status={state}&limit=2",
        f"status={state}&isBundle={random.choice(('true', 'false'))}&limit=2",
        f"{rare}&remark.ne={again}&limit=2",
        f"sort=-status&offset={random.choice((0, 1))}&limit=2",
    ]


def _sorted_page(random: Random) -> str:
    """One of the first pages in the order of one attribute."""
    key = random.choice(("", "-")) + random.choice(("status", "name", "priority", "startDate"))
    return f"sort={key}&offset={random.choice((0, 0, 1, 2))}&limit={random.choice((1, 2, 3))}"


@dataclass(frozen=True)
class Case:
    """Documents, changes of them, what is asked, and how a database is told to look."""

    bodies: Sequence[Body]
    changes: Sequence[tuple[str, Body | None]]
    """By id: what it is then, or that it goes."""
    queries: Sequence[str]
    few: int
    dense: float
    spare: int
    look_ups: int
    counts: int


def drawn(random: Random) -> Case:
    """Some documents, and what is asked of them before and after some of them change."""
    oddity = random.randrange(3)
    changed = [random.choice(IDS) for _ in range(random.randrange(5))]
    queries = _first_pages(random)
    for selection in (*(_selection(random) for _ in range(3)), f"{_likely(random)}&{_likely(random)}"):
        # the same again in another order, or with one filter more
        again = f"filter={quote(random.choice(_FILTERS))}" if random.random() < 0.2 else ""
        queries += [
            "&".join(filter(None, (selection, more, window)))
            for more, window in (("", _window(random)), (again, _window(random)), ("", _sorted_page(random)))
        ]
    return Case(
        [_body(random, each, oddity) for each in random.sample(IDS, min(random.randint(3, 24), len(IDS)))],
        [(each, _body(random, each, oddity) if random.random() < 0.7 else None) for each in changed],
        queries,
        few=random.choice((0, 0, 1, 2, 1000)),
        dense=random.choice((0.0, 0.3, 2.0)),
        spare=random.choice((0, 1, 1000)),
        look_ups=random.choice((0, 1, 1000)),
        counts=random.choice((1, 8)),
    )
