"""The HTML report: one page that needs nothing else, to open, to send to somebody, or to print."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tmfrig.reports import figures
from tmfrig.reports.page import page_of
from tmfrig.reports.report_file import write_report
from tmfrig.reports.result import RunResult
from tmfrig.reports.text import visible


def write_html(run: RunResult, path: Path, sentences: Mapping[str, str] | None = None) -> None:
    """Write the run as one HTML page. ReportError when that is not possible.

    `sentences` gives the requirement, in words, for each check id.
    """
    write_report(render_html(run, sentences).encode(), path)


def render_html(run: RunResult, sentences: Mapping[str, str] | None = None) -> str:
    """The page as text; it depends on nothing but the arguments."""
    return render_page("report.html", page=page_of(run, sentences))


def render_page(template: str, **values: Any) -> str:
    """A page of the house's look from one of our templates and what it shows."""
    style, script = _asset("report.css"), _asset("report.js")
    return (
        _environment()
        .get_template(template)
        .render(
            values,
            style=Markup(style),
            script=Markup(script),
            # Whatever a target gets into the page, the browser runs and styles only what we wrote.
            policy=(
                f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
                "img-src data:; base-uri 'none'; form-action 'none'"
            ),
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("tmfrig.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters |= {
        "ms": figures.milliseconds,
        "duration": figures.seconds,
        "rate": figures.rate,
        "share": figures.share,
        "change": figures.change,
        "count": "{:,}".format,
    }
    return environment


def _shown(value: Any) -> Any:
    """Applied to everything that a template prints: text of a target shows its unseen characters."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _asset(name: str) -> str:
    return resources.files("tmfrig.reports").joinpath("templates", name).read_text(encoding="utf-8")


def _digest(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
