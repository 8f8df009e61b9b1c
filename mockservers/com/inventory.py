"""What is deployed and what the customers hold, as the inventories tell it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from tmfrig.mockservers.com.orders import Standing, Thing
from tmfrig.mockservers.com.plan import Facing


class Deployment(StrEnum):
    """How far a service is deployed."""

    BUILDING = "being built"
    IDLE = "built and not active"
    ACTIVE = "active"
    ENDED = "ended"


class Service(Thing):
    """A deployed service. `work` is the technical order that made it and the item of that."""

    id: str
    name: str = ""
    deployment: Deployment
    told: str = ""
    blueprint: str | None = None
    facing: Facing = Facing.CUSTOMER
    traits: dict[str, Any] = Field(default_factory=dict)
    supports: list[str] = Field(default_factory=list)
    work: tuple[str, str] | None = None


class Subscription(Thing):
    """What a customer holds. `origin` is the order and the line that brought it."""

    id: str
    name: str = ""
    standing: Standing
    told: str = ""
    offer: str | None = None
    blueprint: str | None = None
    is_package: bool = False
    traits: dict[str, Any] = Field(default_factory=dict)
    services: list[str] = Field(default_factory=list)
    parts: list[str] = Field(default_factory=list)
    origin: tuple[str, str] | None = None
