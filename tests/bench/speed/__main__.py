"""Querist over gRPC beside the public libraries in process, plain numpy, and the limits, row by row, in one run.

    python tests/bench/speed [--quick] [--repeats N] [ROW ...]

Every contestant is a process of its own in an environment of its own; their runs take turns. Medians, what others did on the machine
meanwhile, and whether all chose the same go to a page, a file of JSON and a plot. A selection that differs where it must not makes the
exit status 1; a goal that is not met is said, and does not.
"""

import argparse
import signal
import sys
import time
from importlib.metadata import distributions, version
from pathlib import Path

import machine
import plot
import report
from racing import race
from rows import ROWS
from table import PEERS, ROOT

RESULTS = ROOT / ".cache" / "bench"
QUICK_REPEATS, QUICK_SMALLER = 3, 10
LIBRARIES = (
    "modAL-python",
    "scikit-activeml",
    "small-text",
    "alipy",
    "baal",
    "apricot-select",
    "faiss-cpu",
    "scikit-learn",
    "numpy",
    "torch",
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="speed", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("rows", nargs="*", default=[], metavar="ROW", help="names, or their beginnings: " + ", ".join(ROWS))
    parser.add_argument("--quick", action="store_true", help="a tenth of the data and three repetitions: shows that it works, no more")
    parser.add_argument("--repeats", type=int, help="of every contestant (each row has its own number)")
    parser.add_argument("--results", type=Path, help="folder for what is found (.cache/bench/ and the time)")
    arguments = parser.parse_args()
    chosen = [row for name, row in ROWS.items() if not arguments.rows or any(asked(name, each) for each in arguments.rows)]
    if not chosen:
        parser.error(f"no row is called {' or '.join(arguments.rows)}; there are {', '.join(ROWS)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that what was started and written is cleared away
    folder = arguments.results or RESULTS / time.strftime("%Y-%m-%dT%H%M%S")
    folder.mkdir(parents=True, exist_ok=True)
    ours = {name: version(name) for name in ("querist", "grpcio", "protobuf", "numpy", "onnxruntime")}
    described = {**machine.describe(), **ours, **peers()}
    outcomes = []
    for row in chosen:
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} {row.name}\n")
        repeats = arguments.repeats or (QUICK_REPEATS if arguments.quick else row.repeats)
        outcomes.append(race(row, repeats, QUICK_SMALLER if arguments.quick else 1))
        print("\n".join([*report.section(outcomes[-1]), ""]), flush=True)
        (folder / "table.md").write_text(report.markdown(outcomes, described, arguments.quick))
        (folder / "results.json").write_text(report.as_json(outcomes, described, arguments.quick))
    plot.draw(outcomes, folder / "plot.png")
    print(f"{folder}: table.md, results.json, plot.png")
    wrong = [f"{outcome.row.name}: {each}" for outcome in outcomes for each in outcome.wrong]
    short = [f"{outcome.row.name}: {report.said(each)}" for outcome in outcomes for each in outcome.verdicts if each.met is False]
    print("\n".join([f"{len(short)} goals short", *short, f"{len(wrong)} wrong", *wrong]))
    return int(bool(wrong))


def asked(name: str, pattern: str) -> bool:
    """Tell whether a row was asked for: by its name, or by the beginning of several."""
    return name == pattern if pattern in ROWS else name.startswith(pattern)


def peers() -> dict[str, str]:
    """Return the versions of the libraries in their environments."""
    folders = [str(path) for path in PEERS.glob("*/lib/python*/site-packages")]
    return {f"{each.name} of peers": each.version for each in distributions(path=folders) if each.name in LIBRARIES}


if __name__ == "__main__":
    sys.exit(main())
