"""All benchmarks in one run: `python tests/bench`, or `tox -e bench`.

Prints one table of ratios and figures at the end. An aim that is missed is told and fails nothing: how fast
a machine is at some moment is no matter of right and wrong.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import generating_load
import generation
import lifecycle
import peers
import scale
import soak
import speed
import workers
from results import Row, machine, say, table, write_json

Part = Callable[[argparse.Namespace], Iterator[Row]]


def _speed(options: argparse.Namespace) -> Iterator[Row]:
    return speed.measure(speed.Settings(rounds=2, seconds=0.5) if options.quick else speed.Settings())


def _lifecycle(options: argparse.Namespace) -> Iterator[Row]:
    quick = lifecycle.Settings(orders=50, rounds=1)
    return lifecycle.measure(quick if options.quick else lifecycle.Settings())


def _generation(_options: argparse.Namespace) -> Iterator[Row]:
    return generation.measure()


def _scale(options: argparse.Namespace) -> Iterator[Row]:
    count = options.products or (50_000 if options.quick else scale.Settings().products)
    return scale.measure(scale.Settings(products=count, rounds=3 if options.quick else 10))


def _workers(options: argparse.Namespace) -> Iterator[Row]:
    return workers.measure(workers.Settings(rounds=2, seconds=1.0) if options.quick else workers.Settings())


def _load(options: argparse.Namespace) -> Iterator[Row]:
    quick = generating_load.Settings(rounds=2, seconds=2.0)
    return generating_load.measure(quick if options.quick else generating_load.Settings())


def _peers(options: argparse.Namespace) -> Iterator[Row]:
    rounds, seconds = (1, 1.0) if options.quick else (3, 1.5)
    return peers.measure(
        peers.Settings(rounds=rounds, seconds=seconds, folder=options.peers_folder, only=options.peer or "")
    )


def _soak(options: argparse.Namespace) -> Iterator[Row]:
    minutes = options.minutes or (1.0 if options.quick else soak.Settings().minutes)
    return soak.measure(soak.Settings(minutes=minutes, plot=options.plot))


PARTS: dict[str, Part] = {
    "speed": _speed,
    "workers": _workers,
    "scale": _scale,
    "lifecycle": _lifecycle,
    "generation": _generation,
    "load": _load,
    "peers": _peers,
    "soak": _soak,
}
USUAL = ("speed", "workers", "scale", "lifecycle", "generation", "load")


def main() -> int:
    """Measure what was asked for; 0 unless something could not be measured for a reason of ours."""
    options = _options()
    chosen = options.part or [
        *USUAL,
        *(name for name in ("peers", "soak") if getattr(options, name)),
    ]
    before = machine()
    say(f"load of the machine {before['load']}, {before['processors']} processors")
    rows: list[Row] = []
    failed = False
    for name in chosen:
        try:
            for row in PARTS[name](options):
                rows.append(row)
                if options.json:
                    # what was measured so far is there if this is stopped
                    write_json(options.json, rows, before)
        except (OSError, RuntimeError) as error:
            failed = True
            rows.append(Row(name, "failed", None, remark=str(error)[:300]))
    print(table(rows))
    print(f"load of the machine {before['load']} before, {machine()['load']} after")
    if options.json:
        write_json(options.json, rows, before)
    return int(failed)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python tests/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="measure briefly, for a first impression")
    parser.add_argument("--part", action="append", choices=PARTS, help="only this part; repeatable")
    parser.add_argument("--products", type=int, help="how many products are loaded (default 1000000)")
    parser.add_argument("--peers", action="store_true", help="beside other mocks, which are fetched, too")
    parser.add_argument("--peer", help="only peers with this in their names")
    parser.add_argument("--peers-folder", type=Path, help="where peers stay for the next time")
    parser.add_argument("--soak", action="store_true", help="ten minutes at half of the maximum load too")
    parser.add_argument("--minutes", type=float, help="how long the soak lasts (default 10)")
    parser.add_argument(
        "--plot", type=Path, default=Path("bench-report/soak.html"), help="where the soak is plotted"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all rows as JSON too")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
