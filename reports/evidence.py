"""Evidence: the exchanges that a result rests on, each free of secrets and repeatable with one curl line."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from tmfrig.reports.curl import curl
from tmfrig.reports.secret import mask, mask_body, mask_url, redact
from tmfrig.reports.text import carriable


def _carriable(value: Any) -> Any:
    return carriable(value) if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_carriable)]
"""A string that UTF-8 can carry, whatever a target answered."""

Seconds = Annotated[float, Field(ge=0), AfterValidator(lambda value: round(value, 6))]
"""A duration in seconds, to the microsecond."""

Moment = Annotated[float, AfterValidator(lambda value: round(value, 6))]
"""Seconds from the beginning of a scenario, to the microsecond; negative where clocks disagree."""


class Model(BaseModel):
    """What all parts of a result have in common: they do not change, and their numbers are finite."""

    model_config = ConfigDict(
        frozen=True,
        allow_inf_nan=False,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        json_schema_serialization_defaults_required=True,
    )


Headers = Annotated[dict[Text, Text], AfterValidator(mask)]


class RecordedRequest(Model):
    """A request as it was sent. Headers, URL and body lose their secrets when it is made."""

    method: Text
    url: Annotated[Text, AfterValidator(mask_url)]
    headers: Headers = Field(default_factory=dict)
    body: Annotated[Text, AfterValidator(mask_body)] | None = None


class RecordedResponse(Model):
    """A response as it came. Headers and body lose their secrets when it is made."""

    status: int
    headers: Headers = Field(default_factory=dict)
    body: Annotated[Text, AfterValidator(mask_body)] | None = None


def _unknown(value: Any) -> bool:
    return value is None


class Evidence(Model):
    """One exchange: `response` is None when none came; `curl` repeats the request.

    `caller` and `callee` are the roles that spoke ("channel", "TMF622", "COM"), `at` the seconds from the
    beginning of the scenario to the request; each is None, and not written, where nobody recorded it.
    """

    request: RecordedRequest
    response: RecordedResponse | None = None
    curl: Text
    seconds: Seconds = 0.0
    caller: Text | None = Field(default=None, exclude_if=_unknown)
    callee: Text | None = Field(default=None, exclude_if=_unknown)
    at: Moment | None = Field(default=None, exclude_if=_unknown)


def curl_line(request: RecordedRequest) -> str:
    """One shell line that sends the request again; masked values stay masked."""
    return curl(request.method, request.url, request.headers, request.body)


def record(
    request: RecordedRequest,
    response: RecordedResponse | None = None,
    seconds: float = 0.0,
    secrets: Collection[str] = (),
    *,
    caller: str | None = None,
    callee: str | None = None,
    at: float | None = None,
) -> Evidence:
    """Evidence of one exchange, in which none of the `secrets` occurs anywhere, with its curl line.

    `caller` and `callee` are roles, which are named by us and hold no secrets.
    """
    request = RecordedRequest(
        method=request.method,
        url=redact(request.url, secrets),
        headers={name: redact(value, secrets) for name, value in request.headers.items()},
        body=None if request.body is None else redact(request.body, secrets),
    )
    if response is not None:
        response = RecordedResponse(
            status=response.status,
            headers={name: redact(value, secrets) for name, value in response.headers.items()},
            body=None if response.body is None else redact(response.body, secrets),
        )
    return Evidence(
        request=request,
        response=response,
        curl=curl_line(request),
        seconds=seconds,
        caller=caller,
        callee=callee,
        at=at,
    )
