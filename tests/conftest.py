"""What every test relies on, wherever the tests are started from."""

import signal

from hypothesis import settings

# A shell that starts the tests in the background has SIGINT ignored, and what a test starts inherits that:
# nothing could be interrupted, and the tests of Ctrl-C would fail for no fault of the program.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A run is the same everywhere: no examples from earlier runs, and none fails because a machine is busy.
settings.register_profile("rig", deadline=None, derandomize=True, database=None)
settings.load_profile("rig")
