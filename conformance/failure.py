"""Failures of a command that are not findings: each ends it with one line and the exit code of its kind."""

from __future__ import annotations


class Failure(Exception):  # noqa: N818 - a command that cannot go on, not a fault of the program
    """A command cannot do what was asked. The message is one line: what is wrong, where, how to mend it."""

    exit_code = 4


class CommandError(Failure):
    """The command line or a file that it names is wrong."""

    exit_code = 2


class TargetUnreachable(Failure):
    """The target cannot be reached, answers with something else than the API, or stopped answering."""

    exit_code = 3


class RigFailure(Failure):
    """A program of the rig that a command needs failed."""

    exit_code = 4
