"""Entity tags (RFC 9110): who changes a resource can say which representation of it they have seen."""

from __future__ import annotations

import re
from hashlib import blake2b

from tmfrig.mockservers.collection import Condition, unconditional
from tmfrig.mockservers.errors import ApiError
from tmfrig.mockservers.exchange import Exchange, Header
from tmfrig.mockservers.store import Body, Document

_TAG = re.compile(rb'(?<![^,\s])(?:W/)?"[^"]*"')
_CONDITIONS = frozenset({b"if-match", b"if-none-match"})


def etag(document: Document) -> Header:
    """The header that names the representation of a resource."""
    return b"etag", _tag(document)


def is_known(if_none_match: bytes, document: Document) -> bool:
    """Whether a client that asks for a resource has it as it is: 304 says so."""
    known = _tags(if_none_match)
    # this comparison is the weak one
    return b"*" in known or _tag(document) in {each.removeprefix(b"W/") for each in known}


def is_conditional(exchange: Exchange) -> bool:
    """Whether a request is bound to what a resource is, so that its sender wants to know that."""
    return any(name in _CONDITIONS for name, _ in exchange.scope["headers"])


def condition(exchange: Exchange) -> Condition:
    """What a request wants of a resource before it is changed (`If-Match`, `If-None-Match`)."""
    if not is_conditional(exchange):
        return unconditional
    match, none_match = exchange.joined(b"if-match"), exchange.joined(b"if-none-match")

    def check(body: Body) -> None:
        # what a body was read from is what it is written as
        document = Document.of(body)
        check_match(match, document)
        if none_match and is_known(none_match, document):
            raise _failed(document, "the resource is as If-None-Match says")

    return check


def check_match(if_match: bytes, document: Document) -> None:
    """ApiError (412) where a resource is not as `If-Match` says; anything will do where that says nothing."""
    wanted = _tags(if_match)
    if if_match and b"*" not in wanted and _tag(document) not in wanted:
        raise _failed(document, "the resource is not as If-Match says")


def _failed(document: Document, message: str) -> ApiError:
    detail = "read it again, and change what it is now"
    return ApiError(412, "preconditionFailed", message, detail, (etag(document),))


def _tag(document: Document) -> bytes:
    return b'"%s"' % blake2b(document.raw, digest_size=12).hexdigest().encode()


def _tags(header: bytes) -> frozenset[bytes]:
    # a comma, or a star, may be part of a tag
    is_any = {each.strip() for each in header.split(b",")} == {b"*"}
    return frozenset([b"*"] if is_any else _TAG.findall(header))
