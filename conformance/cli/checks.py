"""`tmfrig checks`: the catalogue of checks, with sources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from tmfrig.conformance.failure import CommandError

if TYPE_CHECKING:
    from tmfrig.conformance.check import Check

checks_app = typer.Typer(no_args_is_help=True, help="What the judge asks, and where each rule comes from.")


@checks_app.command("list")
def list_checks() -> None:
    """List every check: id, level, what it asks and its source.

    Example: tmfrig checks list
    """
    from tmfrig.conformance.check import catalogue

    rows = [(check.id, check.level.value, check.sentence, check.source) for check in catalogue()]
    told = f"{len(rows)} checks · tmfrig checks explain ID shows one of them"
    _print_rows(rows, ("check", "level", "asks", "source"), told)


@checks_app.command()
def explain(
    check_id: Annotated[str, typer.Argument(metavar="ID", help="The check's id, as results name it.")],
) -> None:
    """Explain one check: what it asks, of whom, how it finds out and where the rule comes from.

    Example: tmfrig checks explain create.location
    """
    from tmfrig.conformance.check import catalogue

    check = next((each for each in catalogue() if each.id == check_id), None)
    if check is None:
        near = [each.id for each in catalogue() if each.id.startswith(check_id.split(".")[0])]
        hint = f"near it are {', '.join(near[:5])}" if near else "see 'tmfrig checks list'"
        raise CommandError(f"no check is called {check_id!r}; {hint}")
    for line in _explanation(check):
        print(line)


@checks_app.command()
def coverage(
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show for every rule which checks verify it, and why none does where none does.

    Example: tmfrig checks coverage
    """
    import json
    from dataclasses import asdict

    from tmfrig.conformance.coverage import coverage as covered

    found = covered()
    if as_json:
        print(json.dumps([{**asdict(rule), "checks": checks} for rule, checks in found], indent=1))
        return
    rows = [
        (
            rule.id,
            "+".join(f"v{line}" for line in rule.versions),
            rule.strength,
            rule.sentence,
            ", ".join(checks) or f"not verified: {rule.why_not or 'no reason is given'}",
        )
        for rule, checks in found
    ]
    verified = sum(1 for _, checks in found if checks)
    told = f"{verified} of {len(found)} rules are verified by checks"
    _print_rows(rows, ("rule", "versions", "level", "asks", "verified by"), told)


def _print_rows(rows: Sequence[tuple[str, ...]], columns: tuple[str, ...], told: str) -> None:
    """A table with a sentence below it on a terminal, lines with tabs elsewhere."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    if not console.is_terminal:
        for row in rows:
            print(*row, sep="\t")
        return
    table = Table(box=None, pad_edge=False)
    for number, column in enumerate(columns):
        style = "dim" if column == "source" else None
        table.add_column(column, no_wrap=number < len(columns) - 2, style=style)
    for row in rows:
        table.add_row(*map(escape, row))
    console.print(table)
    console.print(f"\n{told}")


def _explanation(check: Check) -> list[str]:
    operations = ", ".join(sorted(check.on)) or "any operation"
    return [
        f"{check.id}   {check.level.value}",
        "",
        f"  {check.sentence}",
        "",
        f"  source    {check.source}",
        f"  applies   once per {check.scope.value}, where the contract offers: {operations}",
        f"  how       {_MANNERS[check.manner.value]}",
        f"  outcome   {_OUTCOMES[check.level.value]}",
    ]


_MANNERS = {
    "probing": "sends requests of its own to provoke an answer",
    "exchange": "looks at every exchange with the target, whoever caused it",
    "notification": "looks at every notification that the target delivers",
}
_OUTCOMES = {
    "MUST": "a violation fails the check and makes the target nonconformant",
    "SHOULD": "a violation warns",
    "PUBLISHED": "a violation warns: the rule is published and not normative",
    "MAY": "informs: what is not offered is skipped",
}
