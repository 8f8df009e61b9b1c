"""`tmfrig specs check` as a user and a script see it: output, files, exit codes."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_command_line import tmfrig

from tmfrig.specs import standard_contract


@pytest.fixture(scope="module")
def vendor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A document in YAML that misses an operation, demands an attribute, and adds an attribute."""
    raw: Any = copy.deepcopy(standard_contract("TMF622").document)
    del raw["paths"]["/productOrder"]["post"]
    raw["components"]["schemas"]["ProductOrder_Update"]["required"].append("note")
    raw["components"]["schemas"]["ProductOrder"]["properties"]["<script>alert(1)</script>\x1b"] = {}
    path = tmp_path_factory.mktemp("vendor") / "acme.yaml"
    path.write_text(yaml.safe_dump(raw))
    return path


def test_the_standard_is_complete(tmp_path: Path) -> None:
    exported = tmp_path / "tmf622.json"
    assert tmfrig("specs", "export", "TMF622", "--out", exported).returncode == 0
    done = tmfrig("specs", "check", exported, "--api", 622)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"TMF622 Product Ordering 4.0.0, judged: {exported}",
        "mandatory operations: TMF622 v4.0.0 conformance profile",
        "",
        "complete   missing 0, narrower 0, wider 0, extension 0",
    ]


def test_findings_in_groups_with_their_counts(vendor: Path) -> None:
    done = tmfrig("specs", "check", vendor, "--api", "TMF622", "--version", 4)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines()[2:] == [
        "",
        "missing 1",
        "  mandatory  POST /productOrder",
        "    The document does not offer this operation, which is mandatory. Standard: declared; here: –",
        "",
        "narrower 1",
        "  optional  PATCH /productOrder/{id} request: note",
        "    Mandatory here, so that requests without it are rejected. Standard: no; here: yes",
        "",
        "extension 1",
        r"  optional  GET /productOrder response 200: [].<script>alert(1)</script>\x1b",
        "    An attribute that the standard does not have. Standard: –; here: any",
        "",
        "incomplete   missing 1 (1 mandatory), narrower 1, wider 0, extension 1",
    ]


def test_the_result_as_json(vendor: Path, tmp_path: Path) -> None:
    path = tmp_path / "new" / "check.json"
    assert tmfrig("specs", "check", vendor, "--api", "TMF622", "--json", path).returncode == 1
    result = json.loads(path.read_text("utf-8"))
    findings = result.pop("findings")
    digest = result.pop("digest")
    assert digest.startswith("sha256:")
    assert result == {
        "schema": "tmfrig.specs-check/1",
        "api": "TMF622",
        "version": "4.0.0",
        "document": str(vendor),
        "profile": {"source": "TMF622 v4.0.0 conformance profile", "derived": False},
        "verdict": "incomplete",
        "counts": {"mandatory": 1, "missing": 1, "narrower": 1, "wider": 0, "extension": 1, "total": 3},
    }
    assert findings[0] == {
        "group": "missing",
        "level": "mandatory",
        "about": "operation",
        "place": "POST /productOrder",
        "path": "",
        "standard": "declared",
        "vendor": "–",
        "sentence": "The document does not offer this operation, which is mandatory.",
    }
    assert [each["group"] for each in findings] == ["missing", "narrower", "extension"]


def test_the_result_as_a_page(vendor: Path, tmp_path: Path) -> None:
    path = tmp_path / "check.html"
    assert tmfrig("specs", "check", vendor, "--api", "TMF622", "--html", path).returncode == 1
    page = path.read_text("utf-8")
    assert '<h1 id="verdict">Incomplete</h1>' in page
    assert "1 mandatory part is missing" in page
    assert "<script>alert" not in page
    assert r"&lt;script&gt;alert(1)&lt;/script&gt;\x1b" in page
    assert 'http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;' in page
    assert "http://" not in page
    assert "https://" not in page


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere.yaml", "--api", "TMF622"], "nowhere.yaml: cannot be read"),
        (["words.yaml", "--api", "TMF622"], "words.yaml: not an OpenAPI document"),
        (["other.json", "--api", "TMF622"], "declares none of the resources of TMF622 version 4"),
        (["other.json", "--api", "TMF666"], "unknown API 'TMF666'"),
        (["other.json", "--api", "TMF620", "--version", "9"], "TMF620 version 9 is not"),
        (["other.json", "--api", "TMF620", "--version", "x"], "--version"),
        (["other.json"], "--api"),
        (["other.json", "--api", "TMF620", "--html", "."], "cannot write .: it is a folder"),
        (["other.json", "--api", "TMF620", "--json", "words.yaml/x"], "cannot write words.yaml/x"),
    ],
)
def test_a_wrong_command_is_told_in_one_line(arguments: list[str], told: str, tmp_path: Path) -> None:
    (tmp_path / "words.yaml").write_text("only: words\n")
    (tmp_path / "other.json").write_text(json.dumps(standard_contract("TMF620").document))
    done = tmfrig("specs", "check", *arguments, folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("tmfrig: ")
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


def test_help_shows_an_example() -> None:
    done = tmfrig("specs", "check", "--help", TERMINAL_WIDTH="200")
    assert done.returncode == 0
    assert "Example: tmfrig specs check" in done.stdout


def test_a_terminal_that_cannot_show_everything(vendor: Path) -> None:
    done = tmfrig("specs", "check", vendor, "--api", "TMF622", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (1, "")
    assert r"here: \u2013" in done.stdout
