"""What a fresh machine gets: every package, every data file, the two commands of the README."""

import re
import subprocess
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("conformance", "features", "loadtests", "mockservers", "reports", "specs")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
SHELL_LINES = re.findall(r"^python3 .*$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)


def test_every_python_package_is_installed() -> None:
    found = {
        ".".join(("tmfrig", *module.parent.relative_to(ROOT).parts))
        for room in ROOMS
        for module in (ROOT / room).rglob("*.py")
    }
    assert found == set(PROJECT["tool"]["setuptools"]["packages"])


@pytest.mark.parametrize("room", ROOMS)
def test_every_data_file_is_installed(room: str) -> None:
    installed = files(f"tmfrig.{room}")
    for path in (ROOT / room).rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            inside = installed.joinpath(*path.relative_to(ROOT / room).parts)
            assert inside.is_file(), f"{path.relative_to(ROOT)} is not part of the installed package"


@pytest.mark.parametrize(
    "command", ["pip install . && .venv/bin/tmfrig demo", "pip install tox && .venv/bin/tox"]
)
def test_the_readme_sets_up_a_fresh_machine_in_one_line(command: str) -> None:
    assert [line for line in SHELL_LINES if line.endswith(command)] == [
        f"python3 -m venv .venv && .venv/bin/{command}"
    ]


def test_continuous_integration_runs_what_the_readme_says() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    chosen = re.search(r"grep -m1 -E '([^']+)' README\.md", script)
    assert chosen is not None
    found = subprocess.run(
        ["grep", "-m1", "-E", chosen[1], "README.md"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip().endswith(".venv/bin/tox")
