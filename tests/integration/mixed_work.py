"""A demo's worth of everything: what makes each panel of the dashboard show something."""

import contextlib
import os
import signal
import threading
from collections import Counter
from pathlib import Path

import numpy as np
import querist
from onnx_models import X, linear
from server_process import ServerProcess


class MixedWork:
    """Callers of a server, of all kinds.

    Parameters
    ----------
    server : ServerProcess
    folder : Path
        For files of campaigns.
    """

    def __init__(self, server: ServerProcess, folder: Path) -> None:
        self.rounds = 0
        self.done: Counter[str] = Counter()
        self._server = server
        self._q = querist.connect(server.address, retries=0)
        self._rng = np.random.default_rng(0)
        self._digest = self._q.upload_model(linear()).digest
        self._folder = folder
        self._campaign_now: querist.Campaign | None = None

    @property
    def told(self) -> str:
        """What was done, in words."""
        return ", ".join(f"{count} {name}" for name, count in self.done.items())

    def round(self) -> None:
        """Do one round of everything."""
        self.rounds += 1
        self._selections()
        self._campaign()
        self._model()
        self._wrong()
        self._crowd()

    def _selections(self) -> None:
        pool = self._rng.dirichlet(np.ones(4), 5000)
        embeddings = self._rng.standard_normal((600, 8)).astype("f4")
        embeddings[300:] = embeddings[:300]
        for strategy in ("margin", "entropy", "auto"):
            self._q.select(pool, strategy=strategy, count=20, random_share=0.1)
        self._q.select(iter([pool, pool]), strategy="power_margin", count=20)
        self._q.select(pool[:600], embeddings=embeddings, strategy=querist.Plan("margin", "k_center", guards=["near_duplicate"]), count=10)
        self._q.select(committee=np.stack([pool[:500], pool[500:1000]]), strategy="bald", count=5)
        self.done["selections"] += 6

    def _campaign(self) -> None:
        """A round of a campaign whose labels cost more than errors do, until the advice is to stop; then a new one."""
        if self._campaign_now is None:
            prices = querist.Economics(label_cost=1, error_cost=0.001, predictions=1000, currency="EUR")
            path = self._folder / f"{self.rounds}.campaign"
            self._campaign_now = querist.Campaign(path, labelled=20, economics=prices)
        campaign = self._campaign_now
        pool = self._rng.dirichlet(np.full(3, 0.05), 400)
        error = 0.02 + 0.5 / campaign.labelled
        ids = [f"{self.rounds}-{row}" for row in range(400)]
        batch = campaign.select(self._q, pool, ids=ids, strategy="margin", count=10, error=error, instances=500)
        self.done[f"verdicts {batch.stop.verdict}"] += 1
        if batch.stop.verdict == "STOP":
            self._campaign_now = None
        else:
            campaign.record(dict.fromkeys(batch.ids, 0))

    def _model(self) -> None:
        if self.rounds % 5 == 0:
            for pid in self._model_pids():
                os.kill(pid, signal.SIGKILL)
                self.done["killed model processes"] += 1
        with contextlib.suppress(querist.errors.QueristError):  # a process that was killed in the middle fails its call
            self._q.select(models=[self._digest], model_inputs={"x": np.tile(X, (10, 1))}, strategy="entropy", count=3)
            self.done["model selections"] += 1

    def _wrong(self) -> None:
        for arguments in ({"strategy": "no such strategy", "count": 1}, {"strategy": "margin", "count": 99}):
            with contextlib.suppress(querist.errors.InvalidRequestError):
                self._q.select(self._rng.dirichlet(np.ones(3), 9), **arguments)
            self.done["mistakes"] += 1

    def _crowd(self) -> None:
        """More callers than may wait, so that some are refused."""
        pool = self._rng.dirichlet(np.ones(10), 20_000)

        def call() -> None:
            try:
                self._q.select(pool, strategy="entropy", count=50)
                self.done["crowded selections"] += 1
            except querist.errors.QueristError:
                self.done["refused"] += 1

        callers = [threading.Thread(target=call) for _ in range(12)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()

    def _model_pids(self) -> list[int]:
        found = []
        for process in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError, IndexError):
                parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == self._server.pid:
                    found.append(int(process.name))
        return found
