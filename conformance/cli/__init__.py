"""The command line: one module per command group, each a thin front to the room that does the work.
`main` is the entry point of the installed command `tmfrig`."""

from tmfrig.conformance.cli.app import main

__all__ = ["main"]
