"""Jobs: imports and exports of a catalog, which are created, run and say how they ended."""

from __future__ import annotations

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import MUST, PUBLISHED, SHOULD, Violation, check, skip
from tmfrig.conformance.checks.courses import course_of, described
from tmfrig.conformance.checks.places import is_empty
from tmfrig.conformance.checks.transitions import raise_for_course
from tmfrig.conformance.expect import same_json, show
from tmfrig.specs import Kind, Resource

_DOCUMENTS = "the API's OpenAPI document, import and export jobs; TMF630 part 4"
_SOURCE = f"{_DOCUMENTS}; rule JOB-01"
_SAID = ("url", "path", "query", "contentType")


def _is_job(resource: Resource) -> bool:
    """The jobs that TMF630 part 4 describes: a URL to read from or write to, and a status."""
    named = resource.name in ("importJob", "exportJob")
    return named and resource.state_attribute is not None and Kind.CREATE in resource.operations


@check(
    "job.status",
    SHOULD,
    "A new job tells its status.",
    source=_SOURCE,
    on=Kind.CREATE,
    when=_is_job,
)
def a_job_has_a_status(api: Api, resource: Resource) -> str:
    course = course_of(api, resource)
    if not course.sights:
        raise Violation(
            f"the new {resource.name} {course.instance.id} has no {resource.state_attribute}",
            expected=f"{resource.state_attribute}, one of "
            f"{', '.join(map(str, resource.attributes[resource.state_attribute or ''].enum))}",
            actual=show(course.instance.body),
            exchange=course.instance.exchange,
        )
    return described(course)


@check(
    "job.says-what",
    MUST,
    "A job is about what the client said: url, path, query and content type are in it.",
    source=_SOURCE,
    on=Kind.CREATE,
    when=_is_job,
)
def a_job_keeps_what_was_said(api: Api, resource: Resource) -> None:
    created = resource.creation.attributes if resource.creation else {}
    full = api.full_payload(resource)
    said = {name: full[name] for name in _SAID if name in created and name in full}
    mine = api.fresh(resource, api.payload(resource) | said)
    shown = api.retrieve(resource, mine.id, label=f"GET {resource.path}/{{id}} of a new job")
    for answer in (mine.exchange, shown):
        for body in answer.representations:
            for name, value in said.items():
                if not same_json(body.get(name), value):
                    raise Violation(
                        f"{answer.label}: {name} is {show(body.get(name))}, not what the client said",
                        expected=f"{name} {show(value)}",
                        actual=f"{name} {show(body.get(name))}",
                        exchange=answer,
                    )


@check(
    "job.ends",
    SHOULD,
    "A job that has ended says when it did, and what went wrong if it failed.",
    source=_SOURCE,
    on=Kind.RETRIEVE,
    when=_is_job,
)
def a_job_says_how_it_ended(api: Api, resource: Resource) -> str:
    course = course_of(api, resource)
    end = course.end
    if end is None:
        skip(f"the job did not end while we looked: {described(course)}")
    due = ["completionDate"] + (["errorLog"] if end.state == "Failed" else [])
    missing = [name for name in due if name in resource.attributes and is_empty(end.body.get(name))]
    if missing:
        raise Violation(
            f"the {resource.name} {course.instance.id} is {end.state} and has no {' and no '.join(missing)}",
            expected=f"{', '.join(due)} of a job that is {end.state}",
            actual=show(end.body),
            exchange=end.exchange,
        )
    return described(course)


@check(
    "job.course",
    PUBLISHED,
    "A job begins, runs and ends, and does not begin again.",
    source=f"{_DOCUMENTS}; no diagram is published; rule STATE-02",
    on=Kind.RETRIEVE,
    when=_is_job,
)
def a_job_does_not_begin_again(api: Api, resource: Resource) -> str:
    course = course_of(api, resource)
    raise_for_course(course)
    return described(course)
