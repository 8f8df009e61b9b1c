"""From a described target to one that can be talked to: contracts loaded, TLS set up, secrets known."""

from __future__ import annotations

import base64
import ipaddress
import ssl
import urllib.request
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from tmfrig.conformance.capabilities import NAMES, Capabilities
from tmfrig.conformance.client import Connection
from tmfrig.conformance.credentials import Auth, Login
from tmfrig.conformance.data import ApiData, VendorData, read_vendor_data
from tmfrig.conformance.lifecycles import with_own_lifecycles
from tmfrig.conformance.logins import near_misses
from tmfrig.conformance.target import ApiEntry, TargetError, TargetFile
from tmfrig.reports.result import TargetInfo
from tmfrig.reports.secret import is_secret_header
from tmfrig.specs import Contract, ContractError, load_contract, standard_contract

_SHORTEST_SECRET = 4
"""Anything shorter is masked where it stands (a header), but not searched for everywhere else."""
_LIKE_A_SECRET = 12
_SCHEMES = frozenset({"Bearer", "Basic"})


@dataclass(frozen=True)
class MountedApi:
    """One API of the target with all that is needed to judge it."""

    contract: Contract
    connection: Connection
    secrets: frozenset[str]
    data: ApiData = field(default_factory=ApiData)
    capabilities: Capabilities = field(default_factory=Capabilities)

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
    data = read_vendor_data(target.data) if target.data is not None else None
    apis = [
        replace(
            _mounted(entry, _with_headers(entry, target, data), entry.other or target.other),
            capabilities=Capabilities(frozenset({*target.capabilities, *entry.capabilities})),
        )
        for entry in target.apis
    ]
    _check_capabilities(apis)
    apis = [
        replace(each, contract=_with_lifecycles(each.contract, target, {api.contract.api for api in apis}))
        for each in apis
    ]
    if data is None:
        return apis
    data.check([api.contract for api in apis])
    return [replace(api, data=data.for_api(api.contract)) for api in apis]


def _with_lifecycles(contract: Contract, target: TargetFile, apis: Collection[str]) -> Contract:
    strange = [key for key in target.lifecycles if key.partition(".")[0] not in apis]
    if strange:
        raise TargetError(
            f"lifecycles.{strange[0]}: the target has no such API; write it as {min(apis)}.resource"
        )
    try:
        return with_own_lifecycles(contract, target.lifecycles)
    except ValueError as problem:
        raise TargetError(str(problem)) from None


def _check_capabilities(apis: Sequence[MountedApi]) -> None:
    named = frozenset().union(*(api.capabilities.absent for api in apis))
    unknown = named.intersection(*(Capabilities(named).unknown(api.contract) for api in apis))
    if unknown:
        raise TargetError(
            f"capabilities.{min(unknown)}: there is no such capability; there are {', '.join(NAMES)}, and "
            "productOrder.delete for one resource"
        )


def _with_headers(entry: ApiEntry, target: TargetFile, data: VendorData | None) -> Auth:
    """How to log in, with the headers of a kit's configuration where nothing else is said: at the host for
    which they were written."""
    auth = entry.auth or target.auth
    if data is None or not data.headers:
        return auth
    elsewhere = data.url is not None and urlsplit(data.url).hostname != urlsplit(entry.url).hostname
    if elsewhere and len(target.apis) > 1:
        return auth
    said = {name.lower() for name in auth.request_headers()}
    more = {name: value for name, value in data.headers.items() if name.lower() not in said}
    return auth.model_copy(update={"headers": {**more, **auth.headers}})


def _mounted(entry: ApiEntry, auth: Auth, other: Login | None) -> MountedApi:
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
        login=frozenset(filter(is_secret_header, auth.request_headers())),
        other=other.request_headers() if other is not None else None,
    )
    secrets = _secrets(auth, entry.url) | (_secrets(other, entry.url) if other is not None else frozenset())
    return MountedApi(contract, connection, secrets)


def _secrets(auth: Login, url: str) -> frozenset[str]:
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
    found |= _nearly_the_same(auth)
    return frozenset(secret for secret in found if len(secret) >= _SHORTEST_SECRET)


def _nearly_the_same(auth: Login) -> set[str]:
    """What is tried in place of a secret shows most of it."""
    login = [value for name, value in auth.request_headers().items() if is_secret_header(name)]
    said = [each for value in login for each in near_misses(value).values()]
    return {each.partition(" ")[2] or each for each in said if each not in _SCHEMES}


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
    if is_loopback(host) or urllib.request.proxy_bypass(host):
        return None
    found = urllib.request.getproxies().get(scheme)
    return found if found and urlsplit(found).scheme in ("http", "https") else None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by name or address."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
