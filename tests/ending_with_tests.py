"""Programs that end with the tests, also where those are killed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

# Not `preexec_fn`: between fork and exec Python may wait without end for a lock that another thread held.
_PROGRAM = """
import ctypes, os, signal, sys
number, parent, user, *command = sys.argv[1:]
# what Python ignores, others need not
for each in (signal.SIGPIPE, signal.SIGXFSZ):
    signal.signal(each, signal.SIG_DFL)
# first, for whoever becomes another user forgets what was said of its parent
if user:
    os.setuid(int(user))
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, int(number))
if os.getppid() != int(parent):
    sys.exit("the tests have ended")
os.execv(command[0], command)
"""


def ending_with_tests(command: Sequence[str], how: signal.Signals, user: int | None = None) -> list[str]:
    """A command that does the same, as another user maybe, and gets a signal when who has started it ends."""
    said = ("" if user is None else str(user), *command)
    return [sys.executable, "-I", "-S", "-c", _PROGRAM, str(int(how)), str(os.getpid()), *said]
