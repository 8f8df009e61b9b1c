"""What processes over one store must have in common: whoever acts for all does all that there is to do.

One that serves less than another would take its office and leave undone what it does not know.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict

import orjson

from tmfrig.mockservers.dataset import Dataset
from tmfrig.specs import Contract, External

_DIGITS = 8


def all_served(contracts: Iterable[Contract], elsewhere: Mapping[str, External], dataset: Dataset) -> str:
    """What a process serves, as text that is the same for those that may be over one store.

    `elsewhere` are the roles that somebody else plays.
    """
    said = " ".join(sorted(each.key for each in contracts))
    if elsewhere:
        places = {role: (each.url, each.line) for role, each in elsewhere.items()}
        # a URL may hold what is not for everybody
        said += f" beside an external {' '.join(sorted(elsewhere))} (at {_digest(places)})"
    resources = {
        (api, name, each["id"]): each
        for api, names in dataset.resources.items()
        for name, bodies in names.items()
        for each in bodies
    }
    content = [[resources[key] for key in sorted(resources)], sorted(resources), asdict(dataset.coverage)]
    return f"{said} with the data set {_digest(content)}"


def disagreement(theirs: str, ours: str) -> str:
    """What to say where a process that acts for all serves something else."""
    return (
        f"another process over this store serves {theirs}, this one {ours}; start all with the same --api, "
        "--version, --external and --dataset, or name another --store"
    )


def _digest(content: object) -> str:
    text = orjson.dumps(content, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.sha256(text).hexdigest()[:_DIGITS]
