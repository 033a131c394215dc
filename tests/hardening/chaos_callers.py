"""Callers that know the right answers beforehand, and what may come instead while something fails."""

import collections
import hashlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx_models
import querist
from onnx import TensorProto, helper
from querist import errors

SECONDS = 8.0
"""Deadline of each call."""
PATIENCE = 120.0
"""Deadline of calls that nothing happens to."""
MOST_MODELS = 2
"""Models that a caller uploads before it deletes one."""
SLACK = 4.0
"""How much longer a call may take on a machine with more to do."""
REASONS = {
    "",
    "SERVER_OVERLOADED",
    "SERVER_DRAINING",
    "CALL_ENDED",
    "MODEL_WORKER_DIED",
    "MODEL_STORE_FULL",
    "MODEL_STORE_UNAVAILABLE",
}
KINDS = (
    errors.ServerUnavailableError,
    errors.DeadlineExceededError,
    errors.CallCancelledError,
    errors.ModelWorkerDiedError,
    errors.LimitExceededError,
)


@dataclass
class Tally:
    """What came of the calls, and what must not have been."""

    outcomes: collections.Counter = field(default_factory=collections.Counter)
    violations: list[str] = field(default_factory=list)
    longest: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ended(self, name: str, outcome: str, seconds: float) -> None:
        with self.lock:
            self.outcomes[name, outcome] += 1
            self.longest = max(self.longest, seconds)
        if seconds > SECONDS + SLACK:
            self.violated(f"{name} took {seconds:.1f} s of {SECONDS:g} s and ended with {outcome}")

    def violated(self, what: str) -> None:
        with self.lock:
            self.violations.append(what)


class Away:
    """When the model directory was away: models may be unknown then."""

    def __init__(self) -> None:
        self._spans: list[list[float]] = []

    def begin(self) -> None:
        self._spans.append([time.monotonic(), float("inf")])

    def end(self) -> None:
        self._spans[-1][1] = time.monotonic()

    def touches(self, since: float) -> bool:
        """Tell whether it was away at any moment since then."""
        return any(end >= since for _, end in self._spans)


class Calls:
    """The calls that callers make, each with its right answer.

    Parameters
    ----------
    client : querist.Client
        Of a server that nothing happens to yet: from it come the right answers, and it is given the models.
    """

    def __init__(self, client: querist.Client) -> None:
        draws = np.random.default_rng(7)
        self._small = draws.dirichlet(np.ones(5), 400)
        self._large = draws.dirichlet(np.ones(10), 6_000).astype(np.float32)
        self._rows = draws.standard_normal((6_000, 4)).astype(np.float32)
        self._inputs = draws.standard_normal((1500, 4)).astype(np.float32)
        self._onnx = [onnx_models.linear(classes) for classes in (3, 4)]
        self.digests = [client.upload_model(onnx).digest for onnx in self._onnx]
        self._round = {"campaign": "c", "labelled": 30, "error": {"source": "hold_out", "error": 0.2, "instances": 100}}
        labels = draws.integers(0, 3, (20, 3))
        self._answers = [
            {"instance": instance, "annotator": annotator, "label": int(labels[instance, annotator])}
            for instance in range(20)
            for annotator in range(3)
        ]
        self.pure: dict[str, Callable[[querist.Client, float], Any]] = {
            "select": lambda q, seconds: batch(q.select(self._small, strategy="margin", count=20, seed=1, timeout=seconds)),
            "stream": lambda q, seconds: batch(
                q.select(self._large, embeddings=self._rows, strategy="entropy", count=20, seed=1, return_scores=True, timeout=seconds)
            ),
            "batches": lambda q, seconds: batch(q.select(Pieces(self._large), strategy="margin", count=20, seed=1, timeout=seconds)),
            "model": lambda q, seconds: batch(
                q.select(models=self.digests[:1], model_inputs=self._inputs, strategy="margin", count=9, seed=1, timeout=seconds)
            ),
            "inline model": lambda q, seconds: batch(
                q.select(models=self._onnx[1:], model_inputs=self._inputs, strategy="margin", count=9, seed=1, timeout=seconds)
            ),
            "advice": lambda q, seconds: repr(q.advise_stop(self._round, timeout=seconds)),
            "assessment": lambda q, seconds: repr(
                q.assess_annotations(self._answers, method="majority", seed=1, timeout=seconds).instances
            ),
            "round": self._campaign_round,
        }
        self.right = {name: call(client, PATIENCE) for name, call in self.pure.items()}

    def _campaign_round(self, client: querist.Client, seconds: float) -> Any:
        """Select as a round of a campaign: however often that is tried, the state says one round."""
        chosen = client.select(self._small, strategy="margin", count=20, seed=1, campaign=self._round, timeout=seconds)
        return batch(chosen), chosen.stop.rounds, chosen.campaign_state


class Pieces:
    """A pool in batches, which can be sent once more."""

    def __init__(self, pool: np.ndarray) -> None:
        self._pool = pool

    def __iter__(self) -> Iterator[np.ndarray]:
        for start in range(0, len(self._pool), 2_000):
            yield self._pool[start : start + 2_000]


def batch(chosen: querist.Batch) -> tuple[bytes, bytes]:
    """Return what must be the same in each repetition."""
    return chosen.indices.tobytes(), chosen.scores.tobytes()


class Caller(threading.Thread):
    """Makes calls until told to stop.

    Parameters
    ----------
    address : str
    calls : Calls
    tally : Tally
    away : Away
    stop : threading.Event
    seed : int
    """

    def __init__(self, address: str, calls: Calls, tally: Tally, away: Away, stop: threading.Event, seed: int) -> None:
        super().__init__(daemon=True)
        self._client = querist.connect(address, timeout=SECONDS, retries=8 if seed % 4 < 2 else 3)
        self._calls, self._tally, self._away, self._halt = calls, tally, away, stop
        self._draws = random.Random(seed)
        self._mine: set[str] = set()
        self._began, self._failed = 0.0, False

    def run(self) -> None:
        with self._client:
            while not self._halt.is_set():
                name = self._draws.choice([*self._calls.pure, "upload", "delete", "list"])
                if name in self._calls.pure:
                    self._make(name, lambda name=name: self._calls.pure[name](self._client, SECONDS) == self._calls.right[name])
                else:
                    getattr(self, f"_{name}")()
                self._halt.wait(self._draws.uniform(0.1, 0.5) + (0.3 if self._failed else 0))

    def _upload(self) -> None:
        if len(self._mine) >= MOST_MODELS:
            self._delete()
            return
        onnx = fresh_model(self._draws)
        digest = hashlib.sha256(onnx).hexdigest()

        self._mine.add(digest)
        self._make("upload", lambda: self._client.upload_model(onnx).digest == digest)
        if not self._failed:  # whatever fails from now on, what was acknowledged is there
            self._make("uploaded", lambda: self._client.get_model(digest).size_bytes == len(onnx))

    def _delete(self) -> None:
        if self._mine:
            digest = self._mine.pop()
            self._make("delete", lambda: self._client.delete_model(digest) is None, unknown=True)

    def _list(self) -> None:
        self._make("list", lambda: self._away_or(set(self._calls.digests) <= {model.digest for model in self._client.list_models()}))

    def _away_or(self, right: bool) -> bool:
        return right or self._away.touches(self._began)

    def _make(self, name: str, call: Callable[[], bool], *, unknown: bool = False) -> None:
        """Make a call and judge what came: `unknown` is for models of which nobody can know whether they were stored."""
        self._began, self._failed = time.monotonic(), True
        try:
            outcome = "right answer" if call() else "wrong answer"
            self._failed = False
        except errors.NotFoundError as error:
            outcome = error.reason
            if not unknown and not self._away.touches(self._began):
                self._tally.violated(f"{name}: {error} although nobody took the model away")
        except errors.QueristError as error:
            outcome = error.reason or error.code or type(error).__name__
            typed = isinstance(error, KINDS) or error.reason == "MODEL_STORE_UNAVAILABLE"
            if not typed or error.reason not in REASONS:
                self._tally.violated(f"{name}: {type(error).__name__} {error.code} {error.reason}: {error}")
        except Exception as error:  # noqa: BLE001 - that is what must not be
            outcome = type(error).__name__
            self._tally.violated(f"{name}: {error!r}, which is no error of querist")
        if outcome == "wrong answer":
            self._tally.violated(f"{name}: a wrong answer")
        self._tally.ended(name, outcome, time.monotonic() - self._began)


def fresh_model(draws: random.Random) -> bytes:
    """Return a model that nobody has seen, of some 20 to 300 KB."""
    values = np.random.default_rng(draws.getrandbits(64))
    width = draws.randint(700, 10_000)
    weights = [
        helper.make_tensor(name, TensorProto.FLOAT, shape, values.standard_normal(shape, np.float32).tobytes(), raw=True)
        for name, shape in (("a", (4, width)), ("b", (width, 3)))
    ]
    nodes = [helper.make_node("MatMul", ["x", "a"], ["hidden"]), helper.make_node("MatMul", ["hidden", "b"], ["logits"])]
    inputs, outputs = onnx_models.values("x", None, 4), onnx_models.values("logits", None, 3)
    return onnx_models.graph_model(nodes, [inputs], [outputs], tuple(weights))
