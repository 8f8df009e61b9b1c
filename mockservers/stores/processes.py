"""Names of processes over one store, by which the others can tell whether one is still there."""

from __future__ import annotations

import os
import socket
import uuid


def named_here() -> str:
    """A name for this process that no other has: host, process id and something of its own."""
    return f"{socket.gethostname()} {os.getpid()} {uuid.uuid4()}"


def is_gone(name: str) -> bool:
    """Whether a process is surely gone; False for one on another machine."""
    host, _, rest = name.partition(" ")
    number = rest.partition(" ")[0]
    if host != socket.gethostname() or not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
