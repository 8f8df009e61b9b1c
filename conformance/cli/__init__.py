"""The command line: one module per command group, each a thin front to the room that does the work.
`main` is the entry point of the installed command `tmfrig`."""

import sys


def main() -> None:
    """Run the command line; the process ends with the exit code of the contract."""
    try:
        # Loading takes a moment, in which a person may already have changed their mind.
        from tmfrig.conformance.cli.app import main as run
    except KeyboardInterrupt:
        sys.exit(130)
    run()


__all__ = ["main"]
