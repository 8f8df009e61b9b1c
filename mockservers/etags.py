"""Entity tags (RFC 9110): who changes a resource can say which representation of it they have seen."""

from __future__ import annotations

from hashlib import blake2b

from tmfrig.mockservers.collection import Condition, unconditional
from tmfrig.mockservers.errors import ApiError
from tmfrig.mockservers.exchange import Exchange, Header
from tmfrig.mockservers.store import Body, Document


def etag(document: Document) -> Header:
    """The header that names the representation of a resource."""
    return b"etag", _tag(document)


def is_known(if_none_match: bytes, document: Document) -> bool:
    """Whether a client that asks for a resource has it as it is: 304 says so."""
    known = _tags(if_none_match)
    # this comparison is the weak one
    return b"*" in known or _tag(document) in {each.removeprefix(b"W/") for each in known}


def condition(exchange: Exchange) -> Condition:
    """What a request wants of a resource before it is changed (`If-Match`)."""
    wanted = _tags(exchange.header(b"if-match"))
    if not wanted or b"*" in wanted:
        return unconditional

    def check(body: Body) -> None:
        # what a body was read from is what it is written as
        document = Document.of(body)
        if _tag(document) not in wanted:
            raise ApiError(
                412,
                "preconditionFailed",
                "the resource is not as If-Match says",
                "read it again, and change what it is now",
                (etag(document),),
            )

    return check


def _tag(document: Document) -> bytes:
    return b'"%s"' % blake2b(document.raw, digest_size=12).hexdigest().encode()


def _tags(header: bytes) -> frozenset[bytes]:
    return frozenset(each.strip() for each in header.split(b",") if each.strip())
