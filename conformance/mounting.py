"""From a described target to one that can be talked to: contracts loaded, TLS set up, secrets known."""

from __future__ import annotations

import base64
import ipaddress
import ssl
import urllib.request
from dataclasses import dataclass
from urllib.parse import urlsplit

from tmfrig.conformance.client import Connection
from tmfrig.conformance.target import ApiEntry, Auth, TargetError, TargetFile
from tmfrig.reports.result import TargetInfo
from tmfrig.reports.secret import is_secret_header
from tmfrig.specs import Contract, ContractError, load_contract, standard_contract

_SHORTEST_SECRET = 4
"""Anything shorter is masked where it stands (a header), but not searched for everywhere else."""
_LIKE_A_SECRET = 12


@dataclass(frozen=True)
class MountedApi:
    """One API of the target with all that is needed to judge it."""

    contract: Contract
    connection: Connection
    secrets: frozenset[str]

    @property
    def info(self) -> TargetInfo:
        """How the result names it."""
        return TargetInfo(
            api=self.contract.api,
            version=self.contract.version,
            url=self.connection.base_url,
            contract=self.contract.digest,
        )


def mount(target: TargetFile) -> list[MountedApi]:
    """Everything that can be prepared without talking to the target; TargetError (one line) when something
    cannot."""
    return [_mounted(entry, entry.auth or target.auth) for entry in target.apis]


def _mounted(entry: ApiEntry, auth: Auth) -> MountedApi:
    try:
        contract = (
            standard_contract(entry.api, entry.version)
            if entry.contract is None
            else load_contract(entry.contract, entry.api)
        )
    except ContractError as problem:
        raise TargetError(str(problem)) from None
    parts = urlsplit(entry.url)
    connection = Connection(
        base_url=entry.url,
        headers=auth.request_headers(),
        ssl_context=_ssl_context(auth) if parts.scheme == "https" or auth.ca or auth.client_cert else None,
        proxy=_proxy(parts.scheme, parts.hostname or ""),
    )
    return MountedApi(contract, connection, _secrets(auth, entry.url))


def _secrets(auth: Auth, url: str) -> frozenset[str]:
    """What must not be shown anywhere. A header of any name may carry one; a tenant's name, which the URL may
    hold as well, is none."""
    found = {
        value
        for name, value in auth.headers.items()
        if is_secret_header(name) or (len(value) >= _LIKE_A_SECRET and value not in url)
    }
    found |= {value.partition(" ")[2] for value in found}
    if auth.bearer:
        found.add(auth.bearer)
    if auth.basic:
        pair = f"{auth.basic.username}:{auth.basic.password}".encode()
        found |= {auth.basic.password, base64.b64encode(pair).decode()}
    return frozenset(secret for secret in found if len(secret) >= _SHORTEST_SECRET)


def _ssl_context(auth: Auth) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=str(auth.ca) if auth.ca else None)
    except (OSError, ssl.SSLError) as problem:
        raise TargetError(f"cannot use {auth.ca} as certificate authority: {_told(problem)}") from None
    if auth.client_cert:
        try:
            context.load_cert_chain(auth.client_cert, auth.client_key, password=lambda: b"")
        except (OSError, ssl.SSLError, ValueError) as problem:
            raise TargetError(
                f"cannot use {auth.client_cert} as client certificate: {_told(problem)}"
            ) from None
    return context


def _told(problem: Exception) -> str:
    if isinstance(problem, FileNotFoundError):
        return "no such file"
    return getattr(problem, "reason", None) or getattr(problem, "strerror", None) or str(problem)


def _proxy(scheme: str, host: str) -> str | None:
    """The proxy that the environment names for this host (HTTPS_PROXY, NO_PROXY …); none for a local one."""
    if host == "localhost" or _is_loopback(host) or urllib.request.proxy_bypass(host):
        return None
    found = urllib.request.getproxies().get(scheme)
    return found if found and urlsplit(found).scheme in ("http", "https") else None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
