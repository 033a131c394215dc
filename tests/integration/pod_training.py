"""What runs in the pod's first container: a campaign over the socket, then a stream that is under way when Querist is asked to stop.

Every answer is compared with numpy's. It prints a line of JSON for each event, and fails at the first error that reaches its user.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import querist

SOCKET = "unix:/run/querist/querist.sock"
POOL, CLASSES, WIDTH, ROUNDS, COUNT = 200_000, 10, 16, 30, 20
STREAM_BLOCKS = 40


def tell(event: str, **fields: object) -> None:
    print(json.dumps({"event": event, **fields}), flush=True)


def campaign(client: querist.Client, retries: list[str]) -> None:
    generator = np.random.default_rng(0)
    centres = generator.standard_normal((CLASSES, WIDTH)) * 0.8
    truth = generator.integers(0, CLASSES, POOL)
    pool = (centres[truth] + generator.standard_normal((POOL, WIDTH))).astype(np.float32)
    labels = {int(row): int(truth[row]) for row in generator.choice(POOL, 40, replace=False)}
    rounds = querist.Campaign(Path(tempfile.mkdtemp()) / "pod.campaign", labelled=len(labels))
    for number in range(1, ROUNDS + 1):
        known = np.fromiter(labels, int)
        answers = np.fromiter(labels.values(), int)
        means = np.stack([pool[known[answers == c]].mean(0) if (answers == c).any() else np.zeros(WIDTH) for c in range(CLASSES)])
        logits = pool @ means.T.astype(np.float32) - 0.5 * (means**2).sum(1).astype(np.float32)
        probabilities = np.exp(logits - logits.max(1, keepdims=True))
        probabilities /= probabilities.sum(1, keepdims=True)
        exclude = list(labels)
        began = time.monotonic()
        batch = rounds.select(client, probabilities, strategy="margin", count=COUNT, exclude=exclude)
        seconds = time.monotonic() - began
        top = np.partition(probabilities, CLASSES - 2, axis=1)[:, -2:].astype(np.float64)
        margin = top[:, 1] - top[:, 0]
        margin[exclude] = np.inf
        if not np.allclose(np.sort(margin)[:COUNT], margin[batch.indices], atol=1e-6):
            raise AssertionError(f"round {number}: {batch.indices} are not the least certain instances")
        found = {int(row): int(truth[row]) for row in batch.indices}
        rounds.record(found)
        labels |= found
        accuracy = float((probabilities.argmax(1) == truth).mean())
        tell("round", number=number, labelled=len(labels), accuracy=round(accuracy, 4), seconds=round(seconds, 3), retries=len(retries))
        time.sleep(0.3)


def stream_while_it_stops(client: querist.Client) -> None:
    def blocks():
        for number in range(STREAM_BLOCKS):
            if number == 3:
                tell("streaming")  # now Querist is asked to stop
            time.sleep(0.05)
            yield np.full((1000, 2), 0.5)

    batch = client.select(blocks(), strategy="margin", count=5)
    tell("streamed", rows=int(batch.statistics.rows))
    with querist.connect(SOCKET, retries=0) as late:
        try:
            late.info(timeout=2)
        except querist.errors.ServerUnavailableError as error:
            tell("refused", error=type(error).__name__)


def main() -> None:
    tell("started", uid=os.getuid(), groups=os.getgroups(), cpus=len(os.sched_getaffinity(0)))
    try:
        Path("/written").touch()
    except OSError as error:
        tell("root", error=error.strerror)
    retries: list[str] = []
    with querist.connect(
        SOCKET, timeout=120, retries=60, on_retry=lambda number, error, seconds: retries.append(type(error).__name__)
    ) as client:
        client.info()
        campaign(client, retries)
        tell("campaign", retries=len(retries), kinds=sorted(set(retries)))
        stream_while_it_stops(client)
    tell("done")


if __name__ == "__main__":
    sys.exit(main())
