"""200,000 calls of all kinds, sound and unsound: the server's memory stays where it was.

    python tests/hardening/soak.py [--calls 200000]

Memory is read at equal steps after a warm-up of a fifth of the calls. The slope is of a straight line through the means of twenty
stretches, which are far enough apart to be taken for independent; its interval is Student's.
"""

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import querist
from querist.v1 import selection_service_pb2 as pb
from querist.v1.selection_service_pb2_grpc import SelectionServiceStub
from scipy import stats

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from calls import alone, answer_of, kinds
from onnx_models import linear
from server_process import ServerProcess

CALLERS = 8
STRETCHES = 20
MOST_GROWTH = 20 * 2**20
"""Bytes for a million calls that would still be called flat."""
HEAVY = 0.02
"""How much rarer than in the load the larger calls are, so that 200,000 take minutes and not hours."""


class Soak:
    """All callers together."""

    def __init__(self, server: ServerProcess, calls: int) -> None:
        self.server, self.calls = server, calls
        self.known = kinds()
        with querist.connect(server.address) as client:
            self.answers = alone(client, self.known)
            self.digest = client.upload_model(linear()).digest
        self.outcomes: Counter[str] = Counter()
        self.memory: list[tuple[int, int]] = []
        self._made = 0
        self._lock = threading.Lock()

    def run(self) -> None:
        """Make all calls."""
        with ThreadPoolExecutor(CALLERS) as pool:
            list(pool.map(self._caller, range(CALLERS)))

    def _caller(self, number: int) -> None:
        chance = random.Random(number)
        weights = [kind.weight if kind.weight >= 50 else kind.weight * HEAVY for kind in self.known]
        kinds_of_calls = (self._sound, self._unsound, self._with_a_model, self._broken_off, self._uploaded, self._many_questions)
        with querist.connect(self.server.address, retries=100) as client, grpc.insecure_channel(self.server.address) as channel:
            stub = SelectionServiceStub(channel)
            while self._next():
                make = chance.choices(kinds_of_calls, (80, 10, 6, 2, 0.2, 1.8))[0]
                place = chance.choices(range(len(self.known)), weights)[0]
                outcome = make(client, stub, place, chance)
                with self._lock:
                    self.outcomes[outcome] += 1

    def _next(self) -> bool:
        with self._lock:
            self._made += 1
            if self._made % (max(1, self.calls // 1000)) == 0:
                self.memory.append((self._made, self.server.resident))
            return self._made <= self.calls

    def _sound(self, client: querist.Client, _: Any, place: int, __: Any) -> str:
        return "right" if answer_of(self.known[place].make(client)) == self.answers[place] else "wrong"

    def _unsound(self, client: querist.Client, _: Any, __: int, chance: random.Random) -> str:
        rows = np.full((20, 3), 1 / 3)
        rows[chance.randrange(20)] = (0.7, 0.7, chance.choice([0.1, np.nan]))
        try:
            client.select(rows, strategy="margin", count=3)
        except querist.errors.InvalidRequestError:
            return "refused"
        return "wrong"

    def _with_a_model(self, client: querist.Client, _: Any, __: int, chance: random.Random) -> str:
        inputs = np.random.default_rng(chance.randrange(1000)).standard_normal((50, 4)).astype(np.float32)
        batch = client.select(models=[self.digest], model_inputs=inputs, strategy="margin", count=5)
        return "right" if len(batch) == 5 else "wrong"

    def _broken_off(self, _: Any, stub: SelectionServiceStub, __: int, ___: Any) -> str:
        call = stub.SelectStream(iter([pb.SelectStreamRequest(header=pb.SelectHeader(strategy="margin", count=1))]), timeout=10)
        call.cancel()
        return "broken off"

    def _uploaded(self, client: querist.Client, _: Any, __: int, ___: Any) -> str:
        return "right" if client.upload_model(linear()).digest == self.digest else "wrong"

    def _many_questions(self, client: querist.Client, _: Any, __: int, chance: random.Random) -> str:
        return "right" if chance.choice((client.info, client.strategies, client.list_models))() else "wrong"


def slope(memory: list[tuple[int, int]], warm: int) -> tuple[float, float, float]:
    """Return the growth in bytes a call, with its 95 % interval."""
    kept = np.array([each for each in memory if each[0] > warm], float)
    stretches = np.array([part.mean(axis=0) for part in np.array_split(kept, STRETCHES)])
    fit = stats.linregress(stretches[:, 0], stretches[:, 1])
    half = stats.t.ppf(0.975, STRETCHES - 2) * fit.stderr
    return fit.slope, fit.slope - half, fit.slope + half


def main() -> int:
    """Make the calls, print what happened, and return 1 if memory grew or an answer was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=200_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        server = ServerProcess(Path(name), workers=2)
        soak = Soak(server, options.calls)
        started = time.time()
        soak.run()
        took = time.time() - started
        status = server.stop()
    growth, low, high = slope(soak.memory, options.calls // 5)
    first, last, peak = soak.memory[len(soak.memory) // 5][1], soak.memory[-1][1], max(size for _, size in soak.memory)
    print(
        f"{sum(soak.outcomes.values())} calls in {took:.0f} s: {dict(soak.outcomes)}; defects {len(server.defects)}; exit status {status}"
    )
    print(f"resident after the warm-up {first / 2**20:.1f} MiB, at the end {last / 2**20:.1f}, at most {peak / 2**20:.1f}")
    print(f"slope {growth:.2f} bytes a call (95 % interval {low:.2f} to {high:.2f}): {growth * 1e6 / 2**20:.1f} MiB in a million calls")
    fine = "wrong" not in soak.outcomes and not server.defects and status == 0
    return 0 if fine and (low <= 0 or high * 1e6 <= MOST_GROWTH) else 1


if __name__ == "__main__":
    sys.exit(main())
