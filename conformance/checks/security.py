"""Security: who does not say who they are, or lies about it, is let in nowhere and changes nothing.

Judged where the target asks for a login, as the headers that log us in show.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tmfrig.conformance.api import Api, Instance
from tmfrig.conformance.check import (
    MAY,
    MUST,
    SHOULD,
    CannotJudge,
    Violation,
    check,
    not_applicable,
    observing,
    skip,
)
from tmfrig.conformance.checks.oddities import ABSURD
from tmfrig.conformance.checks.refusing import put_away, the_same_for
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import describe_answer, expect, same_json, show
from tmfrig.conformance.logins import made_up, near_misses
from tmfrig.specs import Kind, Resource

_Headers = Mapping[str, str | None]
_UNCHANGED = "whoever is not let in changes nothing"


@check(
    "security.no-credentials",
    MUST,
    "Nobody gets at a resource, or changes one, without logging in.",
    source="the API's OpenAPI document, 401; RFC 9110, 15.5.2, unauthorized; rule SEC-01",
)
def nobody_gets_in_without_credentials(api: Api, resource: Resource) -> str | None:
    return _is_shut_out(api, resource, _without_login(api), "without credentials", 401)


@check(
    "security.bad-credentials",
    MUST,
    "Nobody gets at a resource, or changes one, with a login that is made up.",
    source="the API's OpenAPI document, 401 and 403; RFC 9110, 15.5.2 and 15.5.4; rule SEC-02",
)
def nobody_gets_in_with_bad_credentials(api: Api, resource: Resource) -> str | None:
    return _is_shut_out(api, resource, _made_up_login(api), "with made-up credentials", 401, 403)


@check(
    "security.unauthorized",
    SHOULD,
    "Who has not logged in is told so: 401, not a status that blames the request.",
    source="the API's OpenAPI document, 401; RFC 9110, 15.5.2, unauthorized; rule SEC-01",
    scope="api",
)
def who_has_not_logged_in_is_told_so(api: Api) -> None:
    path = _readable(api)
    answer = _send(api, "GET", path, None, f"GET {path} without credentials", _without_login(api))
    if answer.ok:
        skip(f"GET {path} is open to everybody (a finding of security.no-credentials)")
    # gateways are known for 403, and 404 hides what is there
    expect(answer).status(401, 403, 404, because="it lacks nothing but a login")


@check(
    "security.near-credentials",
    MUST,
    "Nobody gets in with a login that is nearly right, or with the right one in part.",
    source="RFC 6750, 3.1, invalid tokens; RFC 9110, 15.5.2, unauthorized; rule SEC-02",
    scope="api",
)
def nobody_gets_in_with_nearly_right_credentials(api: Api) -> str | None:
    nobody, path = _without_login(api), _readable(api)
    if not _send(api, "GET", path, None, f"GET {path}", {}).ok:
        skip(f"GET {path} is not answered to us either")
    if _send(api, "GET", path, None, f"GET {path} without credentials", nobody).ok:
        skip(f"GET {path} is open to everybody (a finding of security.no-credentials)")
    answers = []
    for name, right in _login(api).items():
        # where several headers log in, the others are as they should be
        for what, value in near_misses(right).items():
            answers.append(_send(api, "GET", path, None, f"GET {path} {what}", {name: value}))
    return _shut_out(answers, 401, 403)


def _readable(api: Api) -> str:
    resource = next((each for each in api.contract.resources.values() if api.offers(each, Kind.LIST)), None)
    return resource.path if resource is not None else skip("there is no list that could be read")


@check(
    "security.head",
    MUST,
    "Where nobody may GET without logging in, nobody may HEAD.",
    source="RFC 9110, 9.3.2, HEAD is GET without a body; rule SEC-01",
    on=Kind.LIST,
)
def what_is_protected_is_so_for_head(api: Api, resource: Resource) -> str | None:
    login = _without_login(api)
    if _send(api, "GET", resource.path, None, f"GET {resource.path} without credentials", login).ok:
        skip(f"GET {resource.path} is open to everybody (a finding of security.no-credentials)")
    answer = _send(api, "HEAD", resource.path, None, f"HEAD {resource.path} without credentials", login)
    return None if answer.is_error else _shut_out([answer], 401)


@check(
    "security.hub",
    MUST,
    "Nobody registers or ends a subscription without a login, or with one that is made up.",
    source="the API's OpenAPI document, 401; RFC 9110, 15.5.2, unauthorized; rules SEC-01, SEC-02",
    scope="hub",
)
def nobody_gets_at_the_hub_without_login(api: Api) -> None:
    for how, login in (
        ("without credentials", _without_login(api)),
        ("with made-up credentials", _made_up_login(api)),
    ):
        body, label = api.registration(api.callback()), f"POST {api.hub_path} {how}"
        answer = _send(api, "POST", api.hub_path, body, label, login)
        if answer.ok and answer.is_json and isinstance(answer.json, dict) and answer.json.get("id"):
            api.unregister(str(answer.json["id"]), intent=Intent.OPEN)
        _shut_out([answer], 401, 403)


def _login(api: Api) -> Mapping[str, str]:
    """The headers that log us in."""
    if not api.login:
        skip("the target asks for no login, as far as we were told")
    headers = {name.lower(): value for name, value in api.client.connection.headers.items()}
    return {name: headers.get(name.lower(), "") for name in api.login}


def _without_login(api: Api) -> _Headers:
    return dict.fromkeys(_login(api), None)


def _made_up_login(api: Api) -> _Headers:
    return {name: made_up(value) for name, value in _login(api).items()}


def _is_shut_out(api: Api, resource: Resource, login: _Headers, how: str, *usual: int) -> str | None:
    mine = _one_to_protect(api, resource)
    answers = list(_tried(api, resource, mine, login, how))
    said = _shut_out(answers, *usual)
    if mine is not None and mine.created and Kind.RETRIEVE in resource.operations:
        _is_as_before(api, mine, how)
    return said


def _one_to_protect(api: Api, resource: Resource) -> Instance | None:
    if Kind.CREATE not in resource.operations:
        return None
    try:
        return api.fresh(resource)
    except CannotJudge:
        return None


def _tried(
    api: Api, resource: Resource, mine: Instance | None, login: _Headers, how: str
) -> Iterator[Exchange]:
    """Each operation that there is, with what would make it succeed."""
    id = mine.id if mine is not None else api.unknown_id(resource)
    changed = {"description": "Changed by somebody else"}
    item = api.path_of(resource, id)
    requests: dict[Kind, tuple[str, str, Any]] = {
        Kind.LIST: ("GET", resource.path, None),
        Kind.RETRIEVE: ("GET", item, None),
        Kind.PATCH: ("PATCH", item, changed),
        Kind.DELETE: ("DELETE", item, None),
        Kind.CREATE: ("POST", resource.path, api.payload(resource)),
    }
    for kind, (method, path, body) in requests.items():
        if kind in resource.operations and (mine is not None or kind in (Kind.LIST, Kind.CREATE)):
            below = "/{id}" if path == item else ""
            answer = _send(api, method, path, body, f"{method} {resource.path}{below} {how}", login)
            if kind is Kind.CREATE:
                put_away(api, resource, answer)
            yield answer


def _send(api: Api, method: str, path: str, body: Any, label: str, login: _Headers) -> Exchange:
    content = None if body is None else api.client.serialise(body)
    return api.request(
        method, path, content=content, headers=login, label=label, intent=Intent.INVALID, tags=(ABSURD,)
    )


def _shut_out(answers: list[Exchange], *usual: int) -> str | None:
    for answer in answers:
        expect(answer).not_a_server_error(f"it is refused with {' or '.join(map(str, usual))}")
    let_in = [answer for answer in answers if answer.ok]
    if let_in:
        also = the_same_for([answer.label for answer in let_in[1:]])
        raise Violation(
            f"{let_in[0].label}: answered {let_in[0].status}{also}",
            expected=" or ".join(map(str, usual)),
            actual=describe_answer(let_in[0]),
            exchange=let_in[0],
        )
    others = sorted({answer.status for answer in answers} - {*usual, 404, 405})
    return f"refused with {', '.join(map(str, others))}, where {usual[0]} is usual" if others else None


def _is_as_before(api: Api, mine: Instance, who: str) -> None:
    label = f"GET {mine.resource.path}/{{id}} after it was tried {who}"
    answer = api.retrieve(mine.resource, mine.id, label=label, intent=Intent.OPEN)
    if not answer.ok:
        raise Violation(
            f"{answer.label}: answered {answer.status}; {_UNCHANGED}",
            expected=f"{mine.resource.name} {mine.id} as before",
            actual=describe_answer(answer),
            exchange=answer,
        )
    now = answer.representations[0].get("description") if answer.representations else None
    if not same_json(now, mine.body.get("description")):
        raise Violation(
            f"{answer.label}: description is {show(now)}; {_UNCHANGED}",
            expected=f"description {show(mine.body.get('description'))}",
            actual=f"description {show(now)}",
            exchange=answer,
        )


@observing(
    "security.challenge",
    SHOULD,
    "A 401 says in WWW-Authenticate how to log in.",
    source="RFC 9110, 15.5.2 and 11.6.1, WWW-Authenticate; rule SEC-01",
)
def a_401_says_how_to_log_in(exchange: Exchange) -> None:
    if exchange.status != 401:
        not_applicable()
    expect(exchange).header("WWW-Authenticate").present("a 401 names the scheme of the login")


@check(
    "security.isolation",
    SHOULD,
    "What belongs to one identity is not seen, changed or deleted by another.",
    source="expected where a target has more than one identity; rule SEC-03",
    on=Kind.RETRIEVE,
)
def others_do_not_get_at_what_is_mine(api: Api, resource: Resource) -> None:
    other = api.other
    if other is None:
        skip("the target has no second identity, as far as we were told")
    if Kind.CREATE not in resource.operations:
        skip(f"{resource.name} is nothing that an identity creates")
    mine = api.fresh(resource)
    who = "as somebody else"
    seen = [answer for answer in _tried(other, resource, mine, {}, who) if answer.method != "POST"]
    reached = [answer for answer in seen if answer.ok and _reaches(answer, mine.id)]
    if reached:
        also = the_same_for([answer.label for answer in reached[1:]])
        raise Violation(
            f"{reached[0].label}: answered {reached[0].status} with what another identity created{also}",
            expected="404 or 403, and lists without it",
            actual=describe_answer(reached[0]),
            exchange=reached[0],
        )
    _is_as_before(api, mine, who)


def _reaches(answer: Exchange, id: str) -> bool:
    if answer.kind is not Kind.LIST:
        return True
    return any(str(each.get("id")) == id for each in answer.representations)


_PROTECTING = (
    "Strict-Transport-Security",
    "X-Content-Type-Options",
    "Cache-Control",
    "Content-Security-Policy",
)
_TELLING = ("Server", "X-Powered-By", "X-AspNet-Version")


@check(
    "security.headers",
    MAY,
    "Which headers of an answer protect clients, and which tell what the server is made of.",
    source="expected of what stands in the open; rule SEC-05",
    scope="api",
)
def headers_that_protect_or_tell(api: Api) -> str:
    resource = next(iter(api.contract.resources.values()))
    if Kind.LIST in resource.operations:
        answer = api.list(resource, {"limit": 1}, intent=Intent.OPEN)
    else:
        answer = api.create(resource, intent=Intent.OPEN)
    there = [f"{name}: {answer.headers[name]}" for name in _PROTECTING if name in answer.headers]
    told = [f"{name}: {answer.headers[name]}" for name in _TELLING if name in answer.headers]
    versions = [each for each in told if any(character.isdigit() for character in each)]
    protects = f"protects with {'; '.join(there)}" if there else "no header that protects"
    tells = f"tells its version with {'; '.join(versions)}" if versions else "tells no version"
    return f"{protects}, {tells}"
