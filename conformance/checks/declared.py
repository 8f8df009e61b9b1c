"""Declared: what the owner of a target says that it does not offer."""

from __future__ import annotations

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import MAY, check
from tmfrig.conformance.exchange import Intent
from tmfrig.specs import Kind

_OF_ONE = (Kind.RETRIEVE, Kind.PATCH, Kind.DELETE)


@check(
    "method.declared",
    MAY,
    "What is declared as not offered is not offered.",
    source="TMF630 part 1, status codes; HTTP, Allow; rule HTTP-10",
    scope="api",
)
def what_is_declared_as_absent_is_absent(api: Api) -> str:
    """Asked of OPTIONS alone: what is not offered is not tried out."""
    offered = []
    for resource in api.contract.resources.values():
        absent = [kind for kind in resource.operations if api.capabilities.lacks(resource, kind)]
        for paths, kinds in ((resource.path, set(absent) - set(_OF_ONE)), ("", set(absent) & set(_OF_ONE))):
            if kinds:
                path = paths or api.path_of(resource, api.unknown_id(resource))
                allowed = _allowed(api, path)
                methods = sorted(resource.operations[kind].method.upper() for kind in kinds)
                offered += [f"{method} {resource.name}" for method in methods if method in allowed]
    if not api.capabilities.absent:
        return "nothing is declared as not offered"
    if offered:
        return f"declared as not offered, yet Allow names it: {', '.join(offered)}"
    return f"declared as not offered: {', '.join(sorted(api.capabilities.absent))}"


def _allowed(api: Api, path: str) -> set[str]:
    answer = api.request("OPTIONS", path, label=f"OPTIONS {path}", intent=Intent.OPEN)
    return {method.strip().upper() for method in answer.headers.get("allow", "").split(",")}
