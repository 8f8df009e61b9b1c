"""Addresses: where a server listens, and under which URL who is here or elsewhere reaches it."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

EVERYWHERE = ("0.0.0.0", "::", "")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """Scheme and host for who is on this machine."""
        return _url(
            {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(self.host, self.host), self.port
        )

    @property
    def origin(self) -> str:
        """What hrefs begin with; empty (relative) where the server listens on all addresses."""
        return "" if self.host in EVERYWHERE else self.url

    def seen_from(self, url: str) -> str:
        """Scheme and host under which who is at a URL most likely reaches us."""
        if self.host not in EVERYWHERE:
            return self.url
        parts = urlsplit(url)
        return _url(_address_towards(parts.hostname or "", parts.port or 80), self.port)


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _address_towards(host: str, port: int) -> str:
    """The address of the interface through which packets to a host leave; loopback where it is not known."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.connect(address)  # sends nothing: UDP only chooses a route
            return str(probe.getsockname()[0])
    except (OSError, UnicodeError):
        return "127.0.0.1"
