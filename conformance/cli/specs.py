"""`tmfrig specs`: the contracts of the house, and how other documents differ from them and each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tmfrig.conformance.cli.vendor import check
from tmfrig.conformance.failure import CommandError
from tmfrig.specs import API_IDS, Document, Lifecycle, standard_contract
from tmfrig.specs.diff import compare
from tmfrig.specs.showing import AttributeRow, ResourceSheet, contract_rows, resource_sheet

specs_app = typer.Typer(no_args_is_help=True, help="The contracts: list, show, export and compare them.")

Api = Annotated[str, typer.Argument(metavar="API", help="An API such as TMF622.")]
Version = Annotated[int, typer.Option("--version", metavar="4", help="Major version.")]


@specs_app.command("list")
def list_contracts() -> None:
    """List the contracts of the house.

    Example: tmfrig specs list
    """
    table = _table("api", "version", "title", "base path", "operations", "events", "resources")
    for row in contract_rows():
        counts = (str(row.operations), str(row.events))
        table.add_row(row.api, row.version, row.title, row.base_path, *counts, ", ".join(row.resources))
    _print(table)


@specs_app.command()
def show(
    api: Api,
    resource: Annotated[
        str | None, typer.Argument(metavar="[RESOURCE]", help="One resource; without it, all of them.")
    ] = None,
    version: Version = 4,
) -> None:
    """Show resources as tables: attributes, who may set them, rules, lifecycle and events.

    Example: tmfrig specs show TMF622 productOrder
    """
    contract = standard_contract(api.upper(), version)
    for name in contract.resources if resource is None else (resource,):
        _print_sheet(resource_sheet(contract, name))


@specs_app.command()
def export(
    api: Api,
    version: Version = 4,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write here instead of printing.")
    ] = None,
) -> None:
    """Write the OpenAPI document of a contract as JSON.

    Example: tmfrig specs export TMF622 --version 4 --out tmf622.json
    """
    text = json.dumps(standard_contract(api.upper(), version).document, indent=1, ensure_ascii=False)
    if out is None:
        print(text)
        return
    try:
        out.write_text(text + "\n", "utf-8")
    except OSError as problem:
        raise CommandError(f"{out}: cannot be written ({problem.strerror}); choose another --out") from None


@specs_app.command()
def diff(
    left: Annotated[str, typer.Argument(metavar="A", help="An OpenAPI document, or an API such as TMF622.")],
    right: Annotated[str, typer.Argument(metavar="B", help="The document to compare it with.")],
) -> None:
    """Compare two OpenAPI documents by structure, whatever their dialect; exit code 1 when they differ.

    Compared are operations, parameters, statuses, headers and every property of every body. Names of schemas
    and descriptions are not.

    Example: tmfrig specs diff TMF622 vendor-622.yaml
    """
    found = compare(_document(left), _document(right))
    for each in found:
        print(each)
    if found:
        print(f"{len(found)} differences; the first document is on the left")
        raise typer.Exit(1)
    print("no differences")


specs_app.command("check")(check)


def _document(name: str) -> Document:
    path = Path(name)
    if not path.exists() and name.upper() in API_IDS:
        contract = standard_contract(name.upper())
        return Document.parse(json.dumps(contract.document).encode(), name.upper())
    return Document.load(path)


def _print_sheet(sheet: ResourceSheet) -> None:
    print(f"{sheet.api} {sheet.version}  {sheet.name}\n")
    print("\n".join(sheet.operations) + "\n")
    table = _table("attribute", "type", "cardinality", "set by", "values")
    for row in sheet.attributes:
        values = " | ".join(map(str, row.enumeration))
        table.add_row(escape(row.path), row.type, row.cardinality, _setter(row), escape(values))
    _print(table)
    for rule in sheet.rules:
        print(f"· {rule}")
    if sheet.lifecycle is not None:
        _print_lifecycle(sheet.lifecycle)
    if sheet.events:
        print(f"\nevents: {', '.join(sheet.events)}")
    print()


def _print_lifecycle(lifecycle: Lifecycle) -> None:
    print(f"\nlifecycle of {lifecycle.attribute} ({lifecycle.source})")
    table = _table("from", "to", "when", "confidence")
    for edge in lifecycle.edges:
        table.add_row(edge.source, edge.target, edge.label, edge.confidence)
    _print(table)


def _setter(row: AttributeRow) -> str:
    if row.server_set:
        return "server, patchable" if row.patchable else "server"
    asked = "client, mandatory" if row.mandatory else "client"
    return asked if row.patchable else f"{asked}, once"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in ("api", "attribute", "from", "to"))
    return table


def _print(table: Table) -> None:
    console = Console()
    if console.is_terminal:
        console.print(table)
        return
    # a pipe has no width: nothing is folded or cut there
    wide = Console(width=1000)
    with wide.capture() as captured:
        wide.print(table)
    print("\n".join(line.rstrip() for line in captured.get().splitlines()))
