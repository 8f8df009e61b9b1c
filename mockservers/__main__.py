"""`python -m tmfrig.mockservers`: run reference servers until Ctrl-C."""

import sys

from tmfrig.mockservers.serve import main

if __name__ == "__main__":
    sys.exit(main())
