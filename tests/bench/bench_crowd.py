"""A million annotations by Dawid and Skene: ours over gRPC, data and all, beside crowd-kit in process.

    python tests/bench/bench_crowd.py [--annotations N] [--rounds N]

250,000 instances of 10 classes, 1,000 annotators. crowd-kit may take as many rounds as are said; ours comes to rest by its own measure.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import querist

HERE = Path(__file__).resolve().parent
PEER_PYTHON = HERE.parents[1] / ".cache" / "peers" / "numpy" / "bin" / "python"
CLASSES, ANNOTATORS, EACH = 10, 1000, 4


def made(annotations):
    rng = np.random.default_rng(1)
    items = annotations // EACH
    truth, accuracy = rng.integers(0, CLASSES, items), rng.uniform(0.4, 0.95, ANNOTATORS)
    item = np.repeat(np.arange(items), EACH)
    who = (np.repeat(rng.integers(0, ANNOTATORS, items), EACH) + np.tile(np.arange(EACH) * 37, items)) % ANNOTATORS
    label = np.where(rng.random(len(item)) < accuracy[who], truth[item], rng.integers(0, CLASSES, len(item)))
    return {"instances": item, "annotators": who, "labels": label, "truth": truth}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--annotations", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    data = made(arguments.annotations)
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder, "data.npz"), **data)
        command = [PEER_PYTHON, HERE / "crowd_kit.py", Path(folder, "data.npz"), str(arguments.rounds)]
        theirs = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
    answers = {"instance": data["instances"], "annotator": data["annotators"], "label": data["labels"]}
    with querist.local(timeout=600) as client:
        started = time.perf_counter()
        found = client.assess_annotations(answers, classes=range(CLASSES), method="dawid_skene")
        seconds = time.perf_counter() - started
        peak = server_peak(client)
    right = float(np.mean(np.array(found.instances.consensus) == data["truth"]))
    print(f"{arguments.annotations:,} annotations, {ANNOTATORS:,} annotators, {CLASSES} classes\n")
    print("| contestant | seconds | peak MiB | right |\n|---|---|---|---|")
    print(f"| querist over a Unix socket, with qualities, agreement and intervals | {seconds:.1f} | {peak:.0f} (server) | {right:.3f} |")
    print(
        f"| crowd-kit in process, labels alone, at most {arguments.rounds} rounds | {theirs[0]:.1f} | {theirs[1]:.0f} | {theirs[2]:.3f} |"
    )
    print(f"\nours is {theirs[0] / seconds:.1f} times as fast")
    return 0 if seconds < theirs[0] else 1


def server_peak(client) -> float:
    """Return the peak memory of the client's private server, in MiB."""
    status = Path(f"/proc/{client._server._process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    sys.exit(main())
