"""Roles of the rig that are out of order for a while, arranged through its admin API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

from tmfrig.conformance.check import CannotJudge, Skipped
from tmfrig.conformance.target import Rig

_SECONDS = 10.0


@contextmanager
def out_of_order(rig: Rig, api: str) -> Iterator[None]:
    """A role of the rig answers nobody within the block.

    Skipped where the rig cannot arrange that: it has no admin API, or somebody else plays the role.
    """
    if rig.admin is None or api in rig.external:
        raise Skipped(f"nobody here can put {api} out of order: that takes the rig's own, and its admin API")
    with httpx2.Client(timeout=_SECONDS, trust_env=False) as client:
        try:
            answer = client.post(f"{rig.admin}/outage", json={"api": api})
        except httpx2.HTTPError as problem:
            raise CannotJudge(f"{api} could not be put out of order: {problem}") from None
        if answer.status_code != 201:
            raise CannotJudge(
                f"{api} could not be put out of order: {rig.admin} answered {answer.status_code}"
            )
        try:
            yield
        finally:
            client.delete(f"{rig.admin}/outage/{api}")
