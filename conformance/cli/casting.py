"""Who plays which role in a run: external roles as the command line names them, reference servers others."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tmfrig.conformance.cli.options import header_of
from tmfrig.conformance.cli.playing import written
from tmfrig.conformance.cli.programs import Served, running_servers
from tmfrig.conformance.failure import CommandError
from tmfrig.conformance.sink import address_towards
from tmfrig.conformance.target import TargetError, TargetFile, validated
from tmfrig.specs import API_IDS, COM, LINES, NOBODY, External, RoleError, external_roles, lines_of

ADMIN = "admin"
PACE_VARIABLE = "TMFRIG_PACE"
PACE = "0.02"
"""Seconds that a step of an order takes: nobody watches."""
EVERY_LINE = "all"
HEADERS_VARIABLE = "TMFRIG_EXTERNAL_HEADERS"
"""What logs in at external roles, for reference servers too: process lists do not show it."""
FAREWELL = 2.0
"""Seconds that reference servers get in the end to take their leave of external roles."""
LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"


@dataclass(frozen=True)
class Cast:
    """The roles of a run, and the versions in which the channel speaks to those that have them."""

    externals: Mapping[str, External] = field(default_factory=dict)
    lines: tuple[int, ...] = LINES[:1]
    headers: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    callback_host: str | None = None
    callback_port: int | None = None

    @classmethod
    def chosen(
        cls,
        external: Sequence[str],
        version: str | None,
        headers: Sequence[str],
        callback: tuple[str | None, int | None],
    ) -> Cast:
        """The cast that options describe; CommandError where they describe none."""
        if version not in (None, EVERY_LINE, *map(str, LINES)):
            known = ", ".join(map(str, LINES))
            raise CommandError(
                f"there are no reference servers of version {version}; take {known} or {EVERY_LINE}"
            )
        lines = LINES if version == EVERY_LINE else (int(version or LINES[0]),)
        try:
            externals = external_roles(external)
        except RoleError as problem:
            raise CommandError(str(problem)) from None
        if set(externals) == {COM} and externals[COM].url == NOBODY:
            raise CommandError(
                "COM=none says that external roles carry orders out, and there are none; name them too, "
                "such as --external TMF622=URL"
            )
        if headers and not externals:
            raise CommandError("--header is for who is tested; name it with --external or in a target file")
        known_headers = _headers_of_environment()
        own = dict(map(header_of, headers))
        by_role = {role: {**known_headers.get(role, {}), **own} for role in externals}
        return cls(externals, lines, by_role, *callback)

    @contextlib.contextmanager
    def targets(self, folder: Path) -> Iterator[Path]:
        """Reference servers for the roles that nobody else plays, and a target file of all roles.

        CommandError and RigFailure as for `running_servers`.
        """
        elsewhere = ", ".join(f"{each.role} {each.url}" for each in self.externals.values())
        told = f"; external: {elsewhere}" if elsewhere else ""
        print(f"starting reference servers of all roles{told}", file=sys.stderr)
        self._target([])  # what is wrong with it is better said at once
        with contextlib.ExitStack() as stack:
            served: list[Served] = []
            if awaited := self._awaited():
                served = stack.enter_context(
                    running_servers(self._arguments(), awaited, self._environment(os.environ), self._farewell)
                )
            yield written(self._target(served), folder)

    def _awaited(self) -> list[Served]:
        """What reference servers have to be there; nothing where every role is somebody else's."""
        apis = [Served(api, line) for api in API_IDS if api not in self.externals for line in lines_of(api)]
        com = [] if COM in self.externals else [Served(COM, 1)]
        return [*apis, *com, Served(ADMIN, 1)] if apis or com else []

    def _arguments(self) -> list[str]:
        arguments = ["--version", "all", "--admin", "--host", self._host]
        for role, each in self.externals.items():
            arguments += ["--external", f"{role}={each.url}"]
        return arguments

    @property
    def _farewell(self) -> float:
        """External hubs would go on notifying who has registered there."""
        return FAREWELL if self.externals else 0.0

    @property
    def _host(self) -> str:
        """Where reference servers listen: where external roles reach them."""
        if self.callback_host is not None:
            return self.callback_host
        urls = [urlsplit(each.url) for each in self.externals.values() if each.url != NOBODY]
        ours = (address_towards(each.hostname or "", each.port or 80) for each in urls)
        return LOOPBACK if all(each.startswith("127.") for each in ours) else EVERYWHERE

    def _environment(self, own: Mapping[str, str]) -> dict[str, str]:
        environment = {PACE_VARIABLE: PACE, **own}
        environment.pop(HEADERS_VARIABLE, None)
        headers = {role: values for role, values in self.headers.items() if values}
        return environment | ({HEADERS_VARIABLE: json.dumps(headers)} if headers else {})

    def _target(self, served: Sequence[Served]) -> TargetFile:
        urls = {(each.api, each.line): each.url for each in served}
        callback = {"host": self.callback_host, "port": self.callback_port}
        data = {
            "name": "reference servers" if not self.externals else "external roles among reference servers",
            "apis": [entry for api in API_IDS for entry in self._entries(api, urls)],
            "callback": {name: value for name, value in callback.items() if value is not None},
            "rig": {
                "com": self._com(urls),
                "admin": urls.get((ADMIN, 1)),
                "external": sorted(self.externals),
            },
        }
        try:
            return validated(data, "")
        except TargetError as problem:
            raise CommandError(str(problem).replace("callback.", "--callback-")) from None

    def _entries(self, api: str, urls: Mapping[tuple[str, int], str]) -> list[dict[str, Any]]:
        """An API in the versions of the channel, or in the one that it has."""
        external = self.externals.get(api)
        if external is not None:
            auth = {"headers": dict(self.headers[api])} if self.headers[api] else None
            return [{"api": api, "version": external.line, "url": external.url, "auth": auth}]
        lines = [line for line in self.lines if line in lines_of(api)] or lines_of(api)[:1]
        return [
            {"api": api, "version": line, "url": urls.get((api, line), f"http://{LOOPBACK}")}
            for line in lines
        ]

    def _com(self, urls: Mapping[tuple[str, int], str]) -> str | None:
        external = self.externals.get(COM)
        if external is None:
            return urls.get((COM, 1))
        return None if external.url == NOBODY else external.url


def _headers_of_environment() -> Mapping[str, Mapping[str, str]]:
    """What the environment says about external roles; the message of the CommandError holds none of it."""
    text = os.environ.get(HEADERS_VARIABLE, "").strip()
    try:
        said = json.loads(text) if text else {}
    except ValueError:
        said = None
    if not isinstance(said, dict) or not all(map(_are_headers, said.values())):
        raise CommandError(
            f'{HEADERS_VARIABLE} holds no headers; write {{"TMF641": {{"Authorization": "Bearer …"}}}}'
        )
    return said


def _are_headers(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())
