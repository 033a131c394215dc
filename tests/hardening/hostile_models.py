"""Sends every malicious model to a real server, by upload and with a selection, and looks at how each ended and what is left.

    python tests/hardening/hostile_models.py [flips]

Exit status 1 if one ended otherwise than it may, if the server died, hung or gave a wrong answer to a known selection, or if its memory did
not come back.
"""

import hashlib
import os
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import numpy as np
import querist
from malicious_models import ACCEPTED, CONTAINED, DEADLINE, RIGHT, Malice, corpus
from onnx_models import linear
from querist._local import LocalServer
from querist.errors import NotFoundError, QueristError

SECONDS = 4.0
"""Deadline of each call."""
GRACE = 6.0
"""What may be beyond it on a busy machine."""
MOST_GROWTH = 0.10
ENDLESS = ("Loop of 2^62", "While for ever")
_SETTINGS = {"QUERIST_MODEL_MEMORY_BYTES": str(512 * 2**20), "QUERIST_MODEL_CPU_SECONDS": "60"}


class Victim:
    """A server, its client, and an answer that is known."""

    def __init__(self) -> None:
        os.environ.update(_SETTINGS)
        self.server = LocalServer(2)
        self.client = querist.connect(self.server.address)
        self.model = self.client.upload_model(linear())
        self._right = self._selected()

    def is_right(self) -> bool:
        """Whether the known selection is answered as it was at first."""
        return np.array_equal(self._selected(), self._right)

    def attack(self, malice: Malice) -> tuple[str, str]:
        """Send a model in both ways, and return how each ended."""
        return self._ended(lambda: self._upload(malice.onnx)), self._ended(lambda: self._run(malice.onnx))

    def memory(self) -> int:
        """Resident bytes of the server itself."""
        return int(Path(f"/proc/{self.server.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def processes(self) -> int:
        """Processes that the server has started and that run."""
        tasks = Path(f"/proc/{self.server.pid}/task").iterdir()
        return sum(len((task / "children").read_text().split()) for task in tasks)

    def _selected(self) -> np.ndarray:
        return self.client.select(models=[self.model.digest], model_inputs=RIGHT, strategy="margin", count=20, timeout=60).indices

    def _upload(self, onnx: bytes) -> None:
        self.client.upload_model(onnx, timeout=SECONDS)

    def _run(self, onnx: bytes) -> None:
        use = querist.ModelUse(onnx, outputs={"logits": "logits"})
        self.client.select(models=[use], model_inputs=RIGHT, strategy="margin", count=5, timeout=SECONDS)

    @staticmethod
    def _ended(call) -> str:
        started = time.monotonic()
        try:
            call()
            ended = ACCEPTED
        except QueristError as error:
            ended = error.reason or error.code
        return ended if time.monotonic() - started < SECONDS + GRACE else f"HANG after {ended}"

    def forget(self, malice: Malice) -> None:
        """Delete what was let in, so that the store does not fill."""
        with suppress(NotFoundError):
            self.client.delete_model(hashlib.sha256(malice.onnx).hexdigest())


def unexpected(malice: Malice, upload: str, run: str) -> list[str]:
    """Return what should not have happened. A deadline that ends the scan of a large file is no fault where machines are slow."""
    slow = {DEADLINE} if len(malice.onnx) > 2**20 else set()
    may = malice.upload | slow | (CONTAINED if ACCEPTED in malice.upload else set())
    ends = (("upload", upload, may), ("run", run, malice.run | slow))
    return [f"{how} ended with {ended}" for how, ended, allowed in ends if ended not in allowed]


def main(flips: int) -> int:
    victim = Victim()
    models = corpus(flips)
    first, before, processes = victim.memory(), victim.memory(), victim.processes()
    for malice in corpus(0):  # once for the allocator, which keeps what large messages took; from here on nothing may grow
        if not malice.name.startswith(ENDLESS):
            victim.attack(malice)
            victim.forget(malice)
            before = max(before, victim.memory())
    faults, endings = [], Counter()
    for malice in models:
        upload, run = victim.attack(malice)
        wrong = unexpected(malice, upload, run)
        if not victim.is_right():
            wrong.append("the known selection is answered wrongly")
        victim.forget(malice)
        faults += [f"{malice.name}: {problem}" for problem in wrong]
        endings.update([upload, run])
        if not malice.name.startswith("bits") or wrong:
            print(f"{malice.name:48} upload {upload:22} run {run:22} {'; '.join(wrong)}", flush=True)
    time.sleep(1)
    after = victim.memory()
    kinds = len({malice.name.split(",")[0] for malice in models})
    print(f"{kinds} kinds, {len(models)} models, {2 * len(models)} calls: {dict(endings.most_common())}")
    settled = f"{first / 2**20:.0f} MiB at first, {before / 2**20:.0f} MiB after all kinds once"
    print(f"server: {settled}, {after / 2**20:.0f} MiB after all again ({after / before - 1:+.1%})")
    print(f"processes: {processes} before, {victim.processes()} after")
    if after > before * (1 + MOST_GROWTH):
        faults.append("the server's memory did not come back")
    if victim.processes() > processes:
        faults.append("more processes run than before")
    victim.client.close()
    victim.server.stop()
    for fault in faults:
        print(f"FAULT {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
