"""Options that say what the target is; `verify`, `run` and `load` share them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from tmfrig.conformance.failure import CommandError

if TYPE_CHECKING:
    from tmfrig.conformance.target import TargetFile

TargetPath: TypeAlias = Annotated[
    Path | None,
    typer.Argument(metavar="TARGET_FILE", help="The target as YAML, TOML or JSON (tmfrig verify --schema)."),
]
ApiName: TypeAlias = Annotated[
    str | None, typer.Option("--api", metavar="TMF622", help="The API, when there is no target file.")
]
ApiVersion: TypeAlias = Annotated[
    str | None, typer.Option("--version", metavar="4", help="Its major version (4 unless said otherwise).")
]
BaseUrl: TypeAlias = Annotated[
    str | None,
    typer.Option("--url", metavar="BASE", help="Its base URL, up to what stands before /productOrder."),
]
Headers: TypeAlias = Annotated[
    list[str] | None, typer.Option("--header", metavar="'K: V'", help="Send this header; repeatable.")
]
ClientCert: TypeAlias = Annotated[
    Path | None, typer.Option("--client-cert", metavar="FILE", help="Client certificate (PEM).")
]
ClientKey: TypeAlias = Annotated[
    Path | None, typer.Option("--client-key", metavar="FILE", help="Key of the client certificate (PEM).")
]
Authority: TypeAlias = Annotated[
    Path | None, typer.Option("--ca", metavar="FILE", help="Certificate authority to trust (PEM).")
]
CallbackHost: TypeAlias = Annotated[
    str | None,
    typer.Option("--callback-host", metavar="ADDRESS", help="Where the target's notifications reach us."),
]
CallbackPort: TypeAlias = Annotated[
    int | None,
    typer.Option("--callback-port", min=0, max=65535, help="Port for notifications; 0 takes a free one."),
]
Seed: TypeAlias = Annotated[
    int, typer.Option("--seed", min=0, max=2**32 - 1, help="The same seed sends the same payloads.")
]


WaiversPath: TypeAlias = Annotated[
    Path | None,
    typer.Option("--waivers", metavar="FILE", help="What is accepted although it does not hold."),
]
DataPath: TypeAlias = Annotated[
    Path | None,
    typer.Option("--data", metavar="FILE", help="Ids that exist and payloads to send, of yours."),
]


@dataclass(frozen=True)
class TargetOptions:
    """What the command line said about the target."""

    file: Path | None = None
    api: str | None = None
    version: str | None = None
    url: str | None = None
    contract: Path | None = None
    headers: list[str] = field(default_factory=list)
    client_cert: Path | None = None
    client_key: Path | None = None
    ca: Path | None = None
    callback_host: str | None = None
    callback_port: int | None = None
    data: Path | None = None
    waivers: Path | None = None

    @property
    def named(self) -> bool:
        """Whether the command line names a target at all."""
        return self.file is not None or self.api is not None or self.url is not None

    @property
    def about_a_target(self) -> list[str]:
        """The options that were given and mean nothing without a target."""
        given = {
            "--header": self.headers,
            "--client-cert": self.client_cert,
            "--client-key": self.client_key,
            "--ca": self.ca,
            "--data": self.data,
            "--waivers": self.waivers,
        }
        return [name for name, value in given.items() if value]

    def target(self) -> TargetFile:
        """The target that file and options describe together; CommandError when they do not."""
        from tmfrig.conformance.target import TargetError, validated

        data = self._of_file() if self.file is not None else self._of_flags()
        self._add(data)
        try:
            return validated(data, "", self.file.parent if self.file else Path())
        except TargetError as problem:
            raise CommandError(self._in_words(str(problem))) from None

    def _of_file(self) -> dict[str, Any]:
        from tmfrig.conformance.target import target_data

        if self.api or self.url or self.version:
            raise CommandError(
                "a target file and --api, --version or --url exclude each other: the file says them"
            )
        assert self.file is not None
        return target_data(self.file)

    def _of_flags(self) -> dict[str, Any]:
        url = self.url or self._url_of_data()
        missing = [name for name, value in (("--api", self.api), ("--url", url)) if not value]
        if missing:
            raise CommandError(
                f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing; "
                "give a target file, or --api TMF622 --version 4 --url http://host/tmf-api/productOrderingManagement/v4"
            )
        entry = {"api": self.api, "version": 4 if self.version is None else self.version, "url": url}
        return {"apis": [entry]}

    def _url_of_data(self) -> str | None:
        """The address that the configuration of a conformance kit names."""
        from tmfrig.conformance.data import read_vendor_data

        return read_vendor_data(self.data).url if self.data is not None else None

    def _add(self, data: dict[str, Any]) -> None:
        """Options win over what the file says."""
        listed = data.get("apis")
        apis = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
        if self.contract is not None:
            if len(apis) != 1:
                raise CommandError("--contract is for one API; in a target file each API names its own")
            apis[0]["contract"] = str(self.contract.absolute())
        auth: dict[str, Any] = {
            name: str(path.absolute())
            for name, path in (
                ("client_cert", self.client_cert),
                ("client_key", self.client_key),
                ("ca", self.ca),
            )
            if path is not None
        }
        if self.headers:
            auth["headers"] = dict(map(header_of, self.headers))
        for owner in [data, *(each for each in apis if "auth" in each)]:
            if auth:
                owner["auth"] = _merged(owner.get("auth"), auth)
        for name, path in (("data", self.data), ("waivers", self.waivers)):
            if path is not None:
                data[name] = str(path.absolute())
        callback = {"host": self.callback_host, "port": self.callback_port}
        given = {name: value for name, value in callback.items() if value is not None}
        if given:
            old = data.get("callback")
            data["callback"] = {**(old if isinstance(old, dict) else {}), **given}

    def _in_words(self, problem: str) -> str:
        if self.file is not None:
            return f"{self.file}: {problem}"
        return (
            problem.replace("apis[0].", "--")
            .replace("auth.headers", "--header")
            .replace("callback.", "--callback-")
        )


def _merged(auth: Any, more: dict[str, Any]) -> dict[str, Any]:
    old = auth if isinstance(auth, dict) else {}
    headers = {**(old.get("headers") or {}), **more.get("headers", {})}
    return {**old, **more, **({"headers": headers} if headers else {})}


def header_of(text: str) -> tuple[str, str]:
    """Name and value of a header as the command line gives it; CommandError where it is none."""
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise CommandError(f"--header {text!r} is no header; write it as 'Name: value'")
    return name.strip(), value.strip()
