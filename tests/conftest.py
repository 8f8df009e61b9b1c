"""What every test relies on, wherever the tests are started from."""

import signal

# A shell that starts the tests in the background has SIGINT ignored, and what a test starts inherits that:
# nothing could be interrupted, and the tests of Ctrl-C would fail for no fault of the program.
signal.signal(signal.SIGINT, signal.default_int_handler)
