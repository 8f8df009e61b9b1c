"""What processes over one store must have in common: whoever acts for all does all that there is to do.

One that serves less than another would take its office and leave undone what it does not know.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict

import orjson

from tmfrig.mockservers.dataset import Dataset
from tmfrig.specs import Contract

_DIGITS = 8


def all_served(contracts: Iterable[Contract], elsewhere: Iterable[str], dataset: Dataset) -> str:
    """What a process serves, as text that is the same for those that may be over one store.

    `elsewhere` names the roles that somebody else plays.
    """
    said = " ".join(sorted(each.key for each in contracts))
    if roles := " ".join(sorted(elsewhere)):
        said += f" beside an external {roles}"
    content = [dataset.resources, asdict(dataset.coverage)]
    digest = hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS))
    return f"{said} with the data set {digest.hexdigest()[:_DIGITS]}"


def disagreement(theirs: str, ours: str) -> str:
    """What to say where a process that acts for all serves something else."""
    return (
        f"another process over this store serves {theirs}, this one {ours}; start all with the same --api, "
        "--version, --external and --dataset, or name another --store"
    )
