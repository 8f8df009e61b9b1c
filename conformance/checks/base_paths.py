"""Base paths: where an API lives on its host."""

from __future__ import annotations

from urllib.parse import urlsplit

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import MAY, Scope, Violation, check, skip


@check(
    "uri.base-path",
    MAY,
    "The base URL ends with the path that the contract declares, the major version at its end.",
    source="the API's OpenAPI document, base path; rule URI-01",
    scope=Scope.API,
)
def the_base_path_is_the_declared_one(api: Api) -> str:
    declared = api.contract.base_path
    if not declared:
        skip("the contract declares no base path")
    path = urlsplit(api.base_url).path.rstrip("/")
    if not path.endswith(declared):
        raise Violation(
            f"the API lives at {path or '/'}, not below {declared}",
            expected=f"…{declared}",
            actual=path or "/",
        )
    return f"the API lives at {path}"
