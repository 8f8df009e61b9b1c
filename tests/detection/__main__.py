"""Makes one page of what a run has found: `python tests/detection`, after `pytest -m detection`."""

from __future__ import annotations

import sys

from detecting import FOLDER, PARTS

from tmfrig.conformance.check import catalogue
from tmfrig.reports.detection import Detection, Faultless, Noticed, detection_html, detection_json, summary
from tmfrig.reports.result import Level


def collected() -> Detection:
    """Everything that was left by the tests."""
    paths = sorted(PARTS.glob("*.json"))
    right = [each for each in paths if each.name.startswith("without-faults-")]
    faults = [Noticed.model_validate_json(each.read_text("utf-8")) for each in paths if each not in right]
    proven = {check for each in faults for check in each.caught_by}
    return Detection(
        faults=faults,
        faultless=[Faultless.model_validate_json(each.read_text("utf-8")) for each in right],
        # what is level MAY never holds anything against anybody
        unproven=[each.id for each in catalogue() if each.id not in proven and each.level is not Level.MAY],
    )


def main() -> int:
    """Write the page and the JSON; 1 where the figures are not as promised, or where there are none."""
    if not PARTS.is_dir():
        print(f"no run has left anything in {PARTS.resolve()}; pytest -m detection does", file=sys.stderr)
        return 1
    detection = collected()
    page = FOLDER / "detection.html"
    page.write_bytes(detection_html(detection))
    (FOLDER / "detection.json").write_bytes(detection_json(detection))
    print(summary(detection))
    print(page.resolve())
    return 0 if detection.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
