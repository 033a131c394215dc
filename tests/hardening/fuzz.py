"""Fuzzing in processes: so many inputs in total over all targets, guided by coverage and made from the messages' descriptors.

    make fuzz INPUTS=1000000
    .cache/fuzz/bin/python tests/hardening/fuzz.py --replay .cache/fuzz/crashes/FILE

An input may be answered or refused with a reason of the contract. Anything else, more than 10 s or 512 MiB for one input is a crash: its
input is saved, and the command ends with status 1.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
FUZZ = Path(".cache/fuzz")
SHARES = {
    ("decoder", "guided"): 0.43, ("plan", "guided"): 0.30, ("state", "guided"): 0.04, ("model", "guided"): 0.10,
    ("selection", "guided"): 0.01, ("crowd", "guided"): 0.004,
    ("decoder", "structured"): 0.04, ("plan", "structured"): 0.04, ("state", "structured"): 0.01, ("model", "structured"): 0.02,
    ("selection", "structured"): 0.004, ("crowd", "structured"): 0.001,
}  # fmt: skip
"""Shares of the total; a whole selection or assessment takes a hundred times as long as a decoded message."""
LONGEST_INPUT = 16_384
PART = 100_000
"""Inputs of one process; the next begins with what the processes before have found."""
MIB_EACH = 2048
SECONDS_EACH = 30
_COVERAGE = re.compile(rb"cov: (\d+) ft: (\d+)")


@dataclass
class Tally:
    """What is known of a target in one mode."""

    inputs: int = 0
    answers: int = 0
    seconds: float = 0.0
    edges: int = 0
    slowest: float = 0.0
    reasons: set[str] = field(default_factory=set)
    crashes: dict[str, str] = field(default_factory=dict)


def main() -> int:
    """Run all parts, print the figures, and return 1 if there was a crash."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=1_000_000, help="in total (1,000,000)")
    parser.add_argument("--processes", type=int, default=2, help="at a time (2)")
    parser.add_argument("--mode", choices=("guided", "structured"), help="only this one")
    parser.add_argument("--target", help="only this one")
    parser.add_argument("--seed", type=int, default=1, help="of the first process (1)")
    parser.add_argument("--replay", type=Path, help="run one saved input and let it fail")
    options = parser.parse_args()
    if options.replay is not None:
        return replay(options.replay)
    shutil.rmtree(FUZZ / "figures", ignore_errors=True)
    chosen = {key: share for key, share in SHARES.items() if options.mode in (None, key[1]) and options.target in (None, key[0])}
    whole = sum(chosen.values())
    parts = [part for key, share in chosen.items() for part in _parts(key, round(options.inputs * share / whole))]
    parts.sort(key=lambda part: part[1])  # the first of each target, then the second of each
    tallies = {key: Tally() for key in chosen}
    started = time.monotonic()
    with ThreadPoolExecutor(options.processes) as pool:
        for (key, _, _), found in zip(parts, pool.map(lambda part: run(*part, options.seed), parts), strict=True):
            add(tallies[key], found)
            print(f"{' '.join(key)}: {found.inputs:,} inputs, {len(found.crashes)} crashes", flush=True)
    return report(tallies, time.monotonic() - started)


def _parts(key: tuple[str, str], inputs: int) -> list[tuple[tuple[str, str], int, int]]:
    """Cut the inputs of a target to parts: the target, the part's number, its inputs."""
    whole, rest = divmod(inputs, PART)
    sizes = [PART] * whole + ([rest] if rest else [])
    return [(key, number, size) for number, size in enumerate(sizes)]


def run(key: tuple[str, str], number: int, inputs: int, seed: int) -> Tally:
    """Run one process to its end, again with what is left if it dies."""
    tally, lives = Tally(), 5
    while tally.inputs < inputs and lives:
        found = _process(key, number, inputs - tally.inputs, seed + 1000 * number + 10 * lives)
        add(tally, found)
        lives -= 1
        if not found.crashes and tally.inputs < inputs * 0.99 and not lives:
            tally.crashes["gave up"] = f"{tally.inputs} of {inputs} inputs of {' '.join(key)}"
    return tally


def _process(key: tuple[str, str], number: int, inputs: int, seed: int) -> Tally:
    target, mode = key
    name = f"{target}-{mode}-{number}-{seed}"
    for directory in ("logs", "figures", "crashes", f"corpus/{target}"):
        (FUZZ / directory).mkdir(parents=True, exist_ok=True)
    figures, log = FUZZ / "figures" / name, FUZZ / "logs" / name
    figures.unlink(missing_ok=True)
    arguments = [target, str(figures)]
    if mode == "guided":
        crash = f"-artifact_prefix={FUZZ / 'crashes' / target}-"
        limits = [f"-runs={inputs}", f"-seed={seed}", f"-max_len={LONGEST_INPUT}", f"-timeout={SECONDS_EACH}", f"-rss_limit_mb={MIB_EACH}"]
        arguments += [str(FUZZ / "corpus" / target), str(FUZZ / "seeds" / target), crash, "-len_control=0", *limits]
    else:
        arguments += [str(inputs), str(seed)]
    started = time.monotonic()
    with log.open("wb") as output:
        script = [sys.executable, str(HERE / f"fuzz_{mode}.py"), *arguments]
        done = subprocess.run(script, stdout=output, stderr=output, env=_environment())
    return _tally(figures, log, done.returncode, time.monotonic() - started)


def _environment() -> dict[str, str]:
    """Return the environment of a process: where modules are, and one thread for each kind of arithmetic, as in the server."""
    support = os.pathsep.join([str(HERE), str(HERE.parent / "support"), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": support, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def _tally(figures: Path, log: Path, status: int, seconds: float) -> Tally:
    known = json.loads(figures.read_text()) if figures.exists() else {}
    tally = Tally(
        known.get("inputs", 0), known.get("answers", 0), seconds, 0, known.get("slowest", 0.0), set(known.get("reasons", ())),
        known.get("crashes", {}),
    )  # fmt: skip
    said = log.read_bytes()
    covered = [int(edges) for edges, _ in _COVERAGE.findall(said)]
    tally.edges = max(covered, default=0)
    if status:
        tally.crashes[f"ended with {status}"] = f"see {log}: {said[-300:].decode(errors='replace')}"
    return tally


def add(tally: Tally, found: Tally) -> None:
    """Add a part to the whole."""
    tally.inputs += found.inputs
    tally.answers += found.answers
    tally.seconds += found.seconds
    tally.edges, tally.slowest = max(tally.edges, found.edges), max(tally.slowest, found.slowest)
    tally.reasons |= found.reasons
    tally.crashes |= found.crashes


def report(tallies: dict[tuple[str, str], Tally], seconds: float) -> int:
    """Print the figures, and return 1 if there was a crash."""
    print(f"{'target':22}{'inputs':>10}{'answered':>10}{'reasons':>8}{'per second':>11}{'edges':>7}{'slowest':>9}{'crashes':>8}")
    for key, tally in tallies.items():
        speed = tally.inputs / tally.seconds if tally.seconds else 0
        row = f"{' '.join(key):22}{tally.inputs:10,}{tally.answers:10,}{len(tally.reasons):8}{speed:11,.0f}{tally.edges or '':>7}"
        print(f"{row}{tally.slowest:8.2f}s{len(tally.crashes):8}")
    crashes = {f"{' '.join(key)}: {kind}": path for key, tally in tallies.items() for kind, path in tally.crashes.items()}
    print(f"{sum(tally.inputs for tally in tallies.values()):,} inputs in {seconds:.0f} s, {len(crashes)} crashes")
    for kind, path in crashes.items():
        print(f"  {kind}\n    {path}")
    return 1 if crashes else 0


def replay(path: Path) -> int:
    """Run one input and let its exception through."""
    sys.path[:0] = [str(HERE), str(HERE.parent / "support")]
    from fuzz_targets import TARGETS

    TARGETS[path.name.partition("-")[0]].run(path.read_bytes())
    return 0


if __name__ == "__main__":
    sys.exit(main())
