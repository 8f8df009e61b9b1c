"""Answers whose compression is broken are a finding of that exchange, not the end of the target."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest
from raw_server import Request, response, serving

from tmfrig.conformance.client import Client, NoAnswer

PACKED = gzip.compress(b'[{"id":"1"}]' * 100)
BROKEN = [b'[{"id":"1"}]', PACKED[:-12], PACKED[:20] + b"\0\0\0\0" + PACKED[24:]]


@pytest.mark.parametrize("body", BROKEN, ids=["not-packed", "cut-off", "garbled"])
def test_a_broken_body_is_a_finding(client_of: Callable[..., Client], body: bytes) -> None:
    def say(request: Request) -> bytes:
        return response(200, raw=body, headers={"Content-Encoding": "gzip"})

    with serving(say) as server:
        client = client_of(server.url)
        with pytest.raises(NoAnswer, match="not valid gzip"):
            client.send("GET", "/productOrder/1")
        assert client.gone is None


def test_an_empty_body_needs_no_compression(client_of: Callable[..., Client]) -> None:
    with serving(lambda request: response(200, raw=b"", headers={"Content-Encoding": "gzip"})) as server:
        assert client_of(server.url).send("GET", "/productOrder/1").body == b""
