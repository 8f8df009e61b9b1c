"""The root of the command line: registers the commands and turns every failure into one line and a code."""

from __future__ import annotations

import signal
import sys
from typing import Annotated

import typer

from tmfrig.conformance.cli.checks import checks_app
from tmfrig.conformance.cli.demo import demo
from tmfrig.conformance.cli.load import load
from tmfrig.conformance.cli.pipes import outlive_readers
from tmfrig.conformance.cli.report import report_app
from tmfrig.conformance.cli.run import run
from tmfrig.conformance.cli.serve import serve
from tmfrig.conformance.cli.specs import specs_app
from tmfrig.conformance.cli.verify import verify
from tmfrig.conformance.failure import Failure
from tmfrig.specs import ContractError

INTERRUPTED = 130
WRONG_COMMAND = 2
BROKEN_RIG = 4

app = typer.Typer(
    name="tmfrig",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Judge TM Forum Open APIs, and serve reference implementations of them.",
    epilog="Example: [bold]tmfrig demo[/bold] shows everything at work, with no configuration.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(f"tmfrig {version('tmfrig')}")
        except PackageNotFoundError:
            print("tmfrig, run from its sources without being installed")
        raise typer.Exit


@app.callback()
def _root(
    _: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


app.command("demo")(demo)
app.command("serve")(serve)
app.command("verify")(verify)
app.command("run")(run)
app.command("load")(load)
app.add_typer(specs_app, name="specs")
app.add_typer(checks_app, name="checks")
app.add_typer(report_app, name="report")


def main() -> None:
    """Run the command line; the process ends with the exit code of the contract."""
    # a shell script that starts us in the background has SIGINT ignored: to be interrupted is in our contract
    signal.signal(signal.SIGINT, signal.default_int_handler)
    outlive_readers()
    sys.exit(_exit_code())


def _exit_code() -> int:
    try:
        outcome = app(standalone_mode=False)
    except Failure as failure:
        return _fail(str(failure), failure.exit_code)
    except ContractError as error:
        return _fail(str(error), WRONG_COMMAND)
    except (KeyboardInterrupt, typer.Abort):
        return _fail("interrupted", INTERRUPTED)
    except Exception as error:
        return _fail_of_usage(error) if hasattr(error, "format_message") else _fail_of_ours(error)
    return outcome if isinstance(outcome, int) else 0


def _fail(message: str, code: int) -> int:
    print("tmfrig: " + " ".join(message.split()), file=sys.stderr)
    return code


def _fail_of_usage(error: Exception) -> int:
    # Typer's usage errors: an unknown option, a value out of its choices, a missing argument
    context = getattr(error, "ctx", None)
    message = error.format_message()  # type: ignore[attr-defined]
    if not message and context is not None:
        print(context.get_help())
        return WRONG_COMMAND
    where = context.command_path if context is not None else "tmfrig"
    return _fail(f"{message.rstrip('.')}; see '{where} --help'", WRONG_COMMAND)


def _fail_of_ours(error: Exception) -> int:
    from tmfrig.conformance.faults import log_fault

    # The exception's own words may hold what nobody should see; the log is free of secrets.
    return _fail(f"the rig itself failed ({type(error).__name__}); the log is {log_fault(error)}", BROKEN_RIG)
