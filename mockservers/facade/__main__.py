"""`python -m tmfrig.mockservers.facade`: run PROVEX and the facade in front of it until Ctrl-C."""

import sys

from tmfrig.mockservers.facade.command import main

if __name__ == "__main__":
    sys.exit(main())
