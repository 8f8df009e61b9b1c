"""The target as a file or the command line describes it: which APIs, where, judged by which contract, how to
log in.

Only what works is accepted: an unknown key is an error that names its place. Secrets come from the
environment (`"${NAME}"`), so that a target file can be committed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from tmfrig.conformance.allowance import MOST_OBJECTS
from tmfrig.conformance.credentials import Auth, Login
from tmfrig.conformance.documents import Strict, in_words, read_document
from tmfrig.conformance.failure import CommandError
from tmfrig.conformance.lifecycles import OwnLifecycle
from tmfrig.conformance.timespan import Span

_VARIABLE = re.compile(r"\$(\$)?\{(\w+)\}")


class TargetError(CommandError):
    """The target is described wrongly; the message is one line that says where and how to mend it."""


def _base_url(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError as problem:
        raise ValueError(f"{url!r} is no URL ({problem})") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(
            f"{url!r} is no base URL; give it as http://host:port/tmf-api/productOrderingManagement/v4"
        )
    if parts.username or parts.password:
        raise ValueError("a URL with user and password ends in logs; give them as auth: {basic: …}")
    if parts.query or parts.fragment:
        raise ValueError(f"{url!r} has a query or fragment; the base URL ends before them")
    if any(character.isspace() for character in url.strip()):
        raise ValueError(f"{url!r} contains a blank")
    return url.strip().rstrip("/")


def _api(name: Any) -> Any:
    return f"TMF{name}" if str(name).isdigit() else str(name).strip().upper()


def _version(value: Any) -> Any:
    text = str(value).strip().lower().removeprefix("v")
    return int(text.split(".")[0]) if text.split(".")[0].isdigit() else value


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("write a number")  # noqa: TRY004 - pydantic takes no other for a mistake of the user
    return value


Url = Annotated[str, AfterValidator(_base_url)]
ApiName = Annotated[str, BeforeValidator(_api)]
Line = Annotated[int, BeforeValidator(_version)]
Absences = dict[str, Literal[False]]
_ABSENCES = "What is not offered, as {hub: false, productOrder.delete: false}"


class ApiEntry(Strict):
    """One API of the target."""

    api: ApiName = Field(description="TMF620, TMF622, TMF633, TMF637, TMF638, TMF641, TMF645 or TMF679")
    version: Line = Field(default=4, description="Major version")
    url: Url = Field(description="Base URL, up to what stands before /productOrder and the like")
    contract: Path | None = Field(
        default=None, description="Judge by this OpenAPI document, not by the standard's"
    )
    auth: Auth | None = Field(default=None, description="In place of the target's own auth")
    other: Login | None = Field(default=None, description="In place of the target's own other identity")
    capabilities: Absences = Field(default_factory=dict, description=_ABSENCES)


class Callback(Strict):
    """Where notifications reach us."""

    host: str | None = Field(
        default=None, min_length=1, description="Address to listen on; by default one that the target can see"
    )
    port: Annotated[int, BeforeValidator(_number)] = Field(
        default=0, ge=0, le=65535, description="Port to listen on; 0 takes a free one"
    )
    public_url: Url | None = Field(
        default=None, description="How the target reaches that address, when it differs"
    )


class Limits(Strict):
    """What a run may take of the target."""

    rate: Annotated[float, BeforeValidator(_number)] | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="Requests per second"
    )
    objects: Annotated[int, BeforeValidator(_number)] | None = Field(
        default=None,
        ge=0,
        description=f"Objects that a run may create in all; by default {MOST_OBJECTS} for each API",
    )


class LoadPermission(Strict):
    """What a load may do to a target that is not on this machine."""

    owned: bool = Field(
        default=False, description="A load may be put on the target: it is ours, as --i-own-this-target says"
    )
    rate: Annotated[float, BeforeValidator(_number)] = Field(
        default=1000, gt=0, le=50_000, description="Requests per second"
    )
    users: Annotated[int, BeforeValidator(_number)] = Field(
        default=1000, gt=0, le=20_000, description="Users at once"
    )
    run_time: Span = Field(default=4 * 3600, description="How long a load may last: 30m, 2h, 1h30m")


class Rig(Strict):
    """The reference servers around the target, as `tmfrig run` writes it for the scenarios that it plays."""

    com: Url | None = Field(default=None, description="Base URL of the COM; absent where there is none")
    admin: Url | None = Field(
        default=None, description="Base URL of the admin API of the reference servers, with their journal"
    )
    external: list[str] = Field(
        default_factory=list, description="The roles that somebody else plays: TMF620 … TMF679, COM"
    )


class TargetFile(Strict):
    """A system under test: one API or several, and what is needed to talk to them."""

    name: str | None = Field(default=None, description="How the target is called")
    auth: Auth = Field(default_factory=Auth)
    other: Login | None = Field(
        default=None, description="A second identity, who must not see what belongs to the first"
    )
    apis: list[ApiEntry] = Field(min_length=1)
    callback: Callback = Field(default_factory=Callback)
    capabilities: Absences = Field(default_factory=dict, description=_ABSENCES)
    waivers: Path | None = Field(
        default=None, description="A file of what is accepted although it does not hold ($defs/WaiverFile)"
    )
    data: Path | None = Field(
        default=None, description="A file of what exists and what may be sent ($defs/DataFile)"
    )
    limits: Limits = Field(default_factory=Limits)
    lifecycles: dict[str, OwnLifecycle] = Field(
        default_factory=dict,
        description="The target's own states, in place of the published ones: TMF620.productOffering: …",
    )
    load: LoadPermission = Field(default_factory=LoadPermission)
    rig: Rig | None = Field(
        default=None, description="What stands around the target; the rig itself writes it"
    )

    @model_validator(mode="after")
    def _each_once(self) -> TargetFile:
        seen = set()
        for entry in self.apis:
            if (entry.api, entry.version) in seen:
                raise ValueError(f"{entry.api} version {entry.version} is listed twice; use a file for each")
            seen.add((entry.api, entry.version))
        return self

    @model_validator(mode="after")
    def _others_are_others(self) -> TargetFile:
        for entry in self.apis:
            other, auth = entry.other or self.other, entry.auth or self.auth
            if other is None:
                continue
            if not other.request_headers():
                raise ValueError("other: it logs nobody in; give bearer, basic or headers")
            if other.request_headers() == auth.request_headers():
                raise ValueError(f"other: at {entry.api} it is the login of auth; name somebody else's")
        return self


def target_schema() -> dict[str, Any]:
    """The JSON Schema of a target file; under `$defs` those of the files that it may name, too."""
    from tmfrig.conformance.data import DataFile
    from tmfrig.conformance.waivers import WaiverFile

    schema = TargetFile.model_json_schema()
    for model in (DataFile, WaiverFile):
        named = model.model_json_schema()
        schema["$defs"] |= {**named.pop("$defs", {}), model.__name__: named}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def read_target(path: Path, environment: Mapping[str, str] = os.environ) -> TargetFile:
    """The target that a YAML, TOML or JSON file describes. TargetError when it is wrong."""
    return validated(target_data(path, environment), str(path), path.parent)


def target_data(path: Path, environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """What a target file says, secrets filled in, not yet validated. TargetError when it cannot be read."""
    data = read_document(path, TargetError)
    if not isinstance(data, dict):
        raise TargetError(f"{path} describes no target; it needs a list 'apis', see tmfrig verify --schema")
    filled: dict[str, Any] = _filled(data, environment, path, "")
    return filled


def validated(data: Mapping[str, Any], origin: str, folder: Path = Path()) -> TargetFile:
    """The target that plain data describe; paths in it are relative to `folder`. TargetError when it is
    wrong."""
    try:
        target = TargetFile.model_validate(data)
    except ValidationError as problem:
        raise TargetError(f"{origin}: {_first(problem)}" if origin else _first(problem)) from None
    return _relative_to(target, folder.absolute())


def target_text(target: TargetFile) -> str:
    """The target as the JSON text of a target file that reads back as the same (it holds the secrets)."""
    return target.model_dump_json(exclude_none=True).replace("${", "$${")


def _filled(value: Any, environment: Mapping[str, str], path: Path, place: str) -> Any:
    """The value with every `${NAME}` replaced from the environment (`$${NAME}` stays as `${NAME}`)."""
    if isinstance(value, dict):
        return {
            key: _filled(each, environment, path, f"{place}.{key}" if place else str(key))
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_filled(each, environment, path, f"{place}[{number}]") for number, each in enumerate(value)]
    if not isinstance(value, str):
        return value

    def of_environment(match: re.Match[str]) -> str:
        escaped, name = match.groups()
        if escaped:
            return f"${{{name}}}"
        if name not in environment:
            raise TargetError(f"{path}: {place}: the environment variable {name} is not set")
        return environment[name]

    return _VARIABLE.sub(of_environment, value)


def _first(problem: ValidationError) -> str:
    first = problem.errors(include_url=False, include_input=False)[0]
    place = ""
    for part in first["loc"]:
        place += f"[{part}]" if isinstance(part, int) else f".{part}" if place else str(part)
    if first["type"] == "extra_forbidden":
        return f"{place}: there is no such key; see tmfrig verify --schema"
    what = in_words(first)
    return f"{place}: {what}" if place else what


def _relative_to(target: TargetFile, folder: Path) -> TargetFile:
    apis = [
        entry.model_copy(
            update={
                "contract": folder / entry.contract if entry.contract else None,
                "auth": _auth_relative_to(entry.auth, folder) if entry.auth else None,
            }
        )
        for entry in target.apis
    ]
    files = {"data": target.data, "waivers": target.waivers}
    found = {name: folder / path if path else None for name, path in files.items()}
    return target.model_copy(update={"apis": apis, "auth": _auth_relative_to(target.auth, folder), **found})


def _auth_relative_to(auth: Auth, folder: Path) -> Auth:
    paths = {name: getattr(auth, name) for name in ("client_cert", "client_key", "ca")}
    return auth.model_copy(update={name: folder / path for name, path in paths.items() if path})
