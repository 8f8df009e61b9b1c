"""What is printed into a pipe that nobody reads any more, as in `tmfrig checks list | head -1`."""

from __future__ import annotations

import io
import os
import stat
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from typing_extensions import Buffer


def outlive_readers() -> None:
    """From now on what nobody reads is dropped: a command does its work to the end, and its exit code says
    what came of it."""
    sys.stdout = _outliving(sys.stdout, sys.__stdout__)
    sys.stderr = _outliving(sys.stderr, sys.__stderr__)


class _Pipe(io.FileIO):
    def write(self, data: Buffer, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            # below us, so that programs that we start are rid of it, too
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            return super().write(data)


def _outliving(stream: TextIO, original: TextIO | None) -> TextIO:
    """The stream; in place of a pipe that the process was started with, one of the same manner."""
    if stream is not original or not isinstance(stream, io.TextIOWrapper):
        return stream
    mode = os.fstat(stream.fileno()).st_mode
    if not stat.S_ISFIFO(mode) and not stat.S_ISSOCK(mode):
        return stream
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Pipe(stream.fileno(), "w", closefd=False)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
