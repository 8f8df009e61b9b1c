"""Makes one page of what a run has found: `python tests/detection`, after `pytest -m detection`."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from detecting import FOLDER, PARTS, every_api, part_of, without_faults

from tmfrig.conformance.check import catalogue
from tmfrig.mockservers.faults.catalogue import known
from tmfrig.reports.detection import Detection, Faultless, Noticed, detection_html, detection_json, summary
from tmfrig.reports.result import Level


def collected() -> Detection:
    """Everything that was left by the tests about what there is now."""
    faults = [Noticed.model_validate_json(each) for each in _left(known())]
    right = _left(without_faults(*each) for each in every_api())
    proven = {check for each in faults for check in each.caught_by}
    expected = [*known(), *(without_faults(*each) for each in every_api())]
    return Detection(
        faults=faults,
        faultless=[Faultless.model_validate_json(each) for each in right],
        # what is level MAY never holds anything against anybody
        unproven=[each.id for each in catalogue() if each.id not in proven and each.level is not Level.MAY],
        unmeasured=[name for name in expected if not part_of(name).is_file()],
    )


def _left(names: Iterable[str]) -> list[str]:
    return [part_of(name).read_text("utf-8") for name in names if part_of(name).is_file()]


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
