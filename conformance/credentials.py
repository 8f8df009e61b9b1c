"""Credentials as a target file gives them: who logs in, with which headers, and who is trusted.

What no header can carry is refused here, before anything is sent.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from tmfrig.conformance.documents import Strict

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def sendable_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers as they can be sent; ValueError where one cannot. It does not show what may be secret."""
    for name, value in headers.items():
        if _HEADER_NAME.fullmatch(name) is None:
            raise ValueError(f"{name!r} is no header name")
        if not _is_sendable(value):
            raise ValueError(f"the value of {name} has characters that no header can carry")
    return {name: value.strip() for name, value in headers.items()}


def _is_sendable(value: str) -> bool:
    return all(32 <= ord(character) < 127 for character in value)


def _token(token: str) -> str:
    if not token.strip():
        raise ValueError("it is empty")
    if not _is_sendable(token) or token != token.strip():
        raise ValueError("it has characters that no header can carry, such as a line break at its end")
    return token


def _user(name: str) -> str:
    if ":" in name:
        raise ValueError("HTTP Basic knows no user name with a colon")
    return name


HeaderMap = Annotated[dict[str, str], AfterValidator(sendable_headers)]
Token = Annotated[str, AfterValidator(_token)]


class Basic(Strict):
    """User name and password (HTTP Basic)."""

    username: Annotated[str, AfterValidator(_user)]
    password: str = Field(repr=False)


class Login(Strict):
    """How to log in by headers. What is given is sent with every request."""

    bearer: Token | None = Field(default=None, repr=False, description="A bearer token")
    basic: Basic | None = None
    headers: HeaderMap = Field(default_factory=dict, repr=False, description="Headers as they are")

    @model_validator(mode="after")
    def _one_identity(self) -> Self:
        if self.bearer is not None and self.basic is not None:
            raise ValueError("bearer and basic exclude each other: both are the Authorization header")
        return self

    def request_headers(self) -> dict[str, str]:
        """The headers that log in."""
        found = dict(self.headers)
        if self.bearer is not None:
            found["Authorization"] = f"Bearer {self.bearer}"
        if self.basic is not None:
            pair = f"{self.basic.username}:{self.basic.password}".encode()
            found["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        return found


class Auth(Login):
    """How to log in, and whom to trust. What is given is sent with every request; paths are relative to the
    target file."""

    client_cert: Path | None = Field(default=None, description="PEM file of the client certificate")
    client_key: Path | None = Field(
        default=None, description="PEM file of its key, when it is in another file"
    )
    ca: Path | None = Field(
        default=None, description="PEM file of the authority that the server is trusted by"
    )

    @model_validator(mode="after")
    def _key_of_a_certificate(self) -> Self:
        if self.client_key is not None and self.client_cert is None:
            raise ValueError("client_key needs client_cert")
        return self
