"""Makes one page of what a run has found: `python tests/detection`, after `pytest -m detection`."""

from __future__ import annotations

import sys

from detecting import FOLDER, PARTS, is_by_design

from tmfrig.conformance.check import catalogue
from tmfrig.reports.detection import Detection, Faultless, Noticed, detection_html, detection_json, summary


def collected() -> Detection:
    """Everything that was left by the tests."""
    paths = sorted(PARTS.glob("*.json"))
    right = [each for each in paths if each.name.startswith("without-faults-")]
    faults = [Noticed.model_validate_json(each.read_text("utf-8")) for each in paths if each not in right]
    proven = {check for each in faults for check in each.caught_by}
    return Detection(
        faults=faults,
        faultless=[Faultless.model_validate_json(each.read_text("utf-8")) for each in right],
        unproven=[each.id for each in catalogue() if each.id not in proven and not is_by_design(each.id)],
    )


def main() -> int:
    """Write the page and the JSON; 1 where the figures are not as promised."""
    detection = collected()
    page = FOLDER / "detection.html"
    page.write_bytes(detection_html(detection))
    (FOLDER / "detection.json").write_bytes(detection_json(detection))
    print(summary(detection))
    print(page.resolve())
    return 0 if detection.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
