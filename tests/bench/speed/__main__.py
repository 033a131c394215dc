"""Querist over gRPC beside the public libraries in process, plain numpy, and the limits, row by row, in one run.

    python tests/bench/speed [--quick] [--alone] [--repeats N] [--point-seconds S] [ROW ...]

Every contestant is a process of its own in an environment of its own; their runs take turns. Medians, what others did on the machine
meanwhile, and whether all chose the same go to a page, a file of JSON and a plot; so do the cost curves of all presets. A selection that
differs where it must not makes the exit status 1; a goal that is not met is said, and does not.
"""

import argparse
import signal
import sys
import time
from pathlib import Path

import curves
import machine
from contestants.servers import served
from racing import race
from report import Results, section
from rows import ROWS
from table import ROOT

FOLDER = ROOT / ".cache" / "bench"
CURVES = "curves"
QUICK_REPEATS, QUICK_SMALLER = 3, 10


def main() -> int:
    names = ", ".join([*ROWS, CURVES])
    parser = argparse.ArgumentParser(prog="speed", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("rows", nargs="*", default=[], metavar="ROW", help=f"names, or their beginnings: {names}")
    parser.add_argument("--quick", action="store_true", help="a tenth of the data and three repetitions: shows that it works, no more")
    parser.add_argument("--repeats", type=int, help="of every contestant (each row has its own number)")
    parser.add_argument("--alone", action="store_true", help="without the public libraries")
    parser.add_argument("--point-seconds", type=float, default=20.0, help="how long one point of a cost curve may take (20)")
    parser.add_argument("--results", type=Path, help="folder for what is found (.cache/bench/ and the time)")
    arguments = parser.parse_args()
    asked = [name for name in (*ROWS, CURVES) if not arguments.rows or any(_means(each, name) for each in arguments.rows)]
    for each in arguments.rows:
        if not any(_means(each, name) for name in asked):
            parser.error(f"no row is called {each}; there are {names}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that what was started and written is cleared away
    folder = arguments.results or FOLDER / time.strftime("%Y-%m-%dT%H%M%S")
    results = Results(folder, machine.describe(), arguments.quick, point_seconds=arguments.point_seconds)
    for name in asked:
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} {name}\n")
        if name == CURVES:
            _measure_curves(results)
            continue
        repeats = arguments.repeats or (QUICK_REPEATS if arguments.quick else ROWS[name].repeats)
        row = ROWS[name].alone if arguments.alone else ROWS[name]
        results.outcomes.append(race(row, repeats, QUICK_SMALLER if arguments.quick else 1))
        results.write()
        print("\n".join([*section(results.outcomes[-1]), ""]), flush=True)
    print(f"{folder}: table.md, results.json, plot.png")
    print("\n".join([f"{len(results.short)} goals short", *results.short, f"{len(results.wrong)} wrong", *results.wrong]))
    return int(bool(results.wrong))


def _means(pattern: str, name: str) -> bool:
    """Tell whether a row is asked for by its name, or by the beginning of several."""
    return name == pattern if pattern in ROWS else name.startswith(pattern)


def _measure_curves(results: Results) -> None:
    sizes = curves.SIZES[:1] if results.quick else curves.SIZES
    _, client = served("unix", max_kept_bytes=4 * 2**30, max_memory_bytes=12 * 2**30)
    for curve in curves.measure(client, results.point_seconds, sizes):
        results.curves.append(curve)
        results.write()


if __name__ == "__main__":
    sys.exit(main())
