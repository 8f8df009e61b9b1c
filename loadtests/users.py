"""The kinds of users that a profile may name.

Importing this module imports Locust, which patches the interpreter.
"""

from __future__ import annotations

from collections.abc import Mapping

from tmfrig.loadtests.care_agent import CareAgent
from tmfrig.loadtests.fulfilment import Fulfilment
from tmfrig.loadtests.inventory_reader import InventoryReader
from tmfrig.loadtests.profile import Profile
from tmfrig.loadtests.receiving import EventReceiver
from tmfrig.loadtests.shopper import Shopper
from tmfrig.loadtests.traffic import Traffic
from tmfrig.loadtests.user import TmfUser
from tmfrig.loadtests.visitor import Visitor

__all__ = [
    "USERS",
    "CareAgent",
    "EventReceiver",
    "Fulfilment",
    "InventoryReader",
    "Shopper",
    "TmfUser",
    "Visitor",
    "every_user_class",
    "idle_kinds",
    "user_classes",
]

USERS: Mapping[str, type[TmfUser]] = {
    "shopper": Shopper,
    "care-agent": CareAgent,
    "fulfilment": Fulfilment,
    "inventory-reader": InventoryReader,
    "visitor": Visitor,
}
"""By the name that a profile's mix has for them."""


def user_classes(profile: Profile) -> list[type[TmfUser]]:
    """The users of a profile as Locust starts them: by the weights of the mix, and event receivers beside."""
    classes = [
        type(USERS[kind].__name__, (USERS[kind],), {"weight": weight})
        for kind, weight in profile.kinds.items()
    ]
    if profile.receivers:
        classes.append(type("EventReceiver", (EventReceiver,), {"fixed_count": profile.receivers}))
    return classes


def every_user_class() -> list[type[TmfUser]]:
    """All kinds of users, for workers: which of them there are, and how many, is decided elsewhere."""
    return [*USERS.values(), EventReceiver]


def idle_kinds(profile: Profile, traffic: Traffic) -> list[str]:
    """The kinds of users of a profile for whom there is nothing to do at a target."""
    return [kind for kind in profile.kinds if not USERS[kind].can_act(traffic)]
