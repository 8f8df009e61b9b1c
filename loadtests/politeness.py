"""Whom a load may be put on, and how much of it: by default nobody but this machine."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from tmfrig.conformance.failure import CommandError
from tmfrig.conformance.mounting import is_loopback
from tmfrig.conformance.target import TargetFile
from tmfrig.conformance.timespan import in_words
from tmfrig.loadtests.profile import Profile


class ImpoliteError(CommandError):
    """The load is not put on: the message says on whom, and what has to be said first."""


def refuse_strangers(urls: Iterable[str], *, allowed: bool) -> None:
    """Returns when all URLs lead to this machine, or whoever runs this says that they may be loaded.

    ImpoliteError otherwise: a load that hits somebody else's system by a mistyped URL is an attack.
    """
    for url in urls:
        host = urlsplit(url).hostname or ""
        if not allowed and not is_loopback(host):
            raise ImpoliteError(
                f"{host} is not this machine, and nobody has said that it may be loaded; if it is yours, "
                "say so with --i-own-this-target, or with load: {owned: true} in the target file"
            )


def check_amount(profile: Profile, target: TargetFile) -> None:
    """Returns when a profile is within what the target file permits.

    What is not on this machine is given bounds also where the file has none. ImpoliteError says which of them
    is exceeded, and what raises it.
    """
    permitted = target.load
    if target.limits.rate is not None and (profile.highest_rate or 0.0) > target.limits.rate:
        raise ImpoliteError(
            f"the profile {profile.name} asks for {profile.highest_rate:g} requests per second, and the "
            f"target file allows {target.limits.rate:g} (limits.rate)"
        )
    if all(is_loopback(urlsplit(entry.url).hostname or "") for entry in target.apis):
        return
    for what, asked, most, unit in (
        ("rate", profile.highest_rate or 0.0, permitted.rate, " requests per second"),
        ("users", profile.at_once, permitted.users, " users"),
    ):
        if asked > most:
            raise ImpoliteError(
                f"the profile {profile.name} asks for {asked:g}{unit}; at most {most:g} are put on a target "
                f"that is not on this machine, unless its target file says load: {{{what}: {asked:g}}}"
            )
    longest = permitted.run_time
    if (profile.seconds or 0.0) > longest:
        raise ImpoliteError(
            f"the profile {profile.name} lasts {in_words(profile.seconds or 0.0)}; at most "
            f"{in_words(longest)} on a target that is not on this machine, unless its target file says "
            f"load: {{run_time: {in_words(profile.seconds or 0.0)}}}"
        )
