"""What must never be shown: which headers, parameters and members hold secrets, and how they are blanked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, quote_plus

MASK = "***"

_SECRET_HEADER = re.compile(
    r"^cookie|cookie2?$|authorization|token|secret|passw|passphrase|api[-_]?key|access[-_]?key|private[-_]?key"
    r"|subscription[-_]?key|credential|session|jwt|assertion|signature|^x-auth|^auth[-_]?key",
    re.IGNORECASE,
)

# The same words inside a resource can be ordinary data (a characteristic "token", say), so in bodies and
# query strings only the names count that OAuth 2, basic forms and signed URLs give to secrets.
_SECRET_MEMBERS = (
    "access_token|refresh_token|id_token|client_secret|client_assertion|password|passwd|api_?key|apikey"
    "|x-amz-signature|x-amz-security-token"
)
_JSON_SECRET = re.compile(
    rf'("(?:{_SECRET_MEMBERS}|clientSecret|accessToken|refreshToken)"\s*:\s*")(?:[^"\\]|\\.)*', re.IGNORECASE
)
_FORM_SECRET = re.compile(
    rf"((?:^|[?&;\s])(?:{_SECRET_MEMBERS}|token|sig|signature)=)[^&;#\s\"'<>]+", re.IGNORECASE
)
_USER_INFO = re.compile(r"(?<=://)[^/?#\s@]*@")


def is_secret_header(name: str) -> bool:
    """Whether a header of this name usually carries a secret."""
    return _SECRET_HEADER.search(name.strip()) is not None


def mask(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers with the value of each one that carries a secret replaced by `***`."""
    return {name: MASK if is_secret_header(name) else value for name, value in headers.items()}


def mask_url(url: str) -> str:
    """The URL without user and password, and without the values of parameters that carry secrets."""
    return _FORM_SECRET.sub(rf"\1{MASK}", _USER_INFO.sub(f"{MASK}@", url))


def mask_body(body: str) -> str:
    """The body without the values of the members that OAuth 2 and login forms give to secrets."""
    return _JSON_SECRET.sub(rf"\1{MASK}", _FORM_SECRET.sub(rf"\1{MASK}", body))


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text with every known secret value replaced by `***`, also where it is percent- or JSON-escaped.

    Blank values are ignored. Longer secrets go first, so that one inside another leaves no remainder.
    """
    forms = {form for secret in secrets if secret.strip() for form in _written_forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, MASK)
    return text


def _written_forms(secret: str) -> Iterator[str]:
    yield secret
    encodable = secret.encode("utf-8", "replace").decode()
    yield quote(encodable, safe="")
    yield quote_plus(encodable)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
