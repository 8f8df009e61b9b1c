"""`python -m tmfrig.mockservers`: run reference servers until Ctrl-C."""

import signal
import sys
from types import FrameType


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    # the rest takes a second to import, and nothing has begun by then
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, _end)
    from tmfrig.mockservers.serve import main

    sys.exit(main())
