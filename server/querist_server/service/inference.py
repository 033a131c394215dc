"""The stage before the engine: models turn the caller's inputs into predictions and embeddings.

Rows are cut to batches of one length, counted from the first row of the pool, before a model sees them: a matrix product of another shape
rounds differently, and the answer must not depend on how the rows were sent.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from querist.v1 import model_service_pb2, selection_service_pb2

from querist_server.engine import shape
from querist_server.engine.errors import EngineError
from querist_server.engine.grid import Cut, Grid, row_bytes
from querist_server.runners import graph
from querist_server.runners.process import WorkerPool
from querist_server.runners.store import ModelStore, Value
from querist_server.service.account import Account, ModelRun
from querist_server.service.decode import MODEL_INPUT, Columns
from querist_server.service.model_policy import ModelPolicy
from querist_server.service.model_use import PREDICTIONS, Wiring, wiring_of

BATCH_BYTES, FEWEST_ROWS, MOST_ROWS = 2**20, 64, 4096
"""What a model sees at a time: about so many bytes. Measured, a small network on 1M rows of 64 numbers by 1,024, 4,096 and 8,192 rows:
1,783, 1,261 and 1,235 ms, since each batch goes to another process and back; and a batch of images must not fill the memory."""
_WIDEST_ELEMENT = 8
_INPUT_PREFIX = MODEL_INPUT.split("{", maxsplit=1)[0]


@dataclass(frozen=True)
class Described:
    """A model that can be run."""

    digest: str
    runnable: Callable[[], bytes]
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    class_labels: tuple[str, ...]


@dataclass(frozen=True)
class Models:
    """Where models are found and run."""

    store: ModelStore
    pool: WorkerPool
    policy: ModelPolicy = field(default_factory=ModelPolicy)
    most_columns: int = 16_384
    """Widest output that any limit of this server lets pass."""

    def describe(self, onnx: bytes, checkpoint: Callable[[], None]) -> tuple[Described, graph.Structure]:
        """Look into a model and load it once.

        Raises
        ------
        EngineError
            MODEL_NOT_ALLOWED, MODEL_REFUSED by the scan, or MODEL_INVALID if it cannot be loaded.
        """
        digest = hashlib.sha256(onnx).hexdigest()
        self.policy.check_digest(digest, "")
        structure = graph.read(onnx, checkpoint)
        inputs, outputs = self.pool.load(digest, structure.runnable, structure.maps, checkpoint)
        return Described(digest, lambda: structure.runnable, inputs, outputs, structure.class_labels), structure

    def find(self, use: model_service_pb2.ModelUse, checkpoint: Callable[[], None]) -> Described:
        """Return the model that a selection names or brings.

        Raises
        ------
        EngineError
            If there is none, or it cannot be loaded.
        """
        source = use.WhichOneof("source")
        if source is None:
            raise EngineError("FIELD_MISSING", "set digest or onnx", field="digest")
        if source == "onnx":
            return self.describe(use.onnx, checkpoint)[0]
        info = self.store.get(use.digest)

        def runnable() -> bytes:
            return graph.read(self.store.content(info.digest), checkpoint).runnable

        return Described(info.digest, runnable, info.inputs, info.outputs, info.class_labels)


class Inference:
    """Runs a selection's models on its rows as they arrive. Blocking; for worker threads.

    Parameters
    ----------
    header : SelectHeader
        Names the models.
    models : Models
        Where they are found and run.
    checkpoint : callable
        Raises if the caller has gone.
    account : Account
        Where runs of models are noted.

    Raises
    ------
    EngineError
        If this server does not run such models.
    """

    def __init__(
        self, header: selection_service_pb2.SelectHeader, models: Models, checkpoint: Callable[[], None], account: Account
    ) -> None:
        self.class_labels: list[str] = []
        self._uses = list(header.models)
        self._models, self._checkpoint, self._account = models, checkpoint, account
        self._signature: shape.Signature | None = None
        self._members: list[tuple[Described, Wiring]] = []
        self._grid = Grid(MOST_ROWS)
        for index, use in enumerate(self._uses):
            with _of_model(index):
                models.policy.check_use(use)

    def member_weights(self, sent: npt.NDArray[np.float64] | None) -> npt.NDArray[np.float64] | None:
        """Return the members' weights, or None if there is one model and so no committee.

        Raises
        ------
        EngineError
            If a weight is not allowed, or weights were sent in the header too.
        """
        if sent is not None:
            raise EngineError("FIELD_CONFLICT", "with models, set the weight of each model instead", field="member_weights")
        weights = np.array([use.weight if use.HasField("weight") else 1.0 for use in self._uses])
        for index, weight in enumerate(weights):
            if not (np.isfinite(weight) and weight >= 0):
                message = f"a weight is {weight}; allowed is a finite number of 0 or more"
                raise EngineError("WEIGHTS_INVALID", message, field=f"models[{index}].weight")
        if not weights.any():
            raise EngineError("WEIGHTS_INVALID", "all models have weight 0; at least one must be above 0", field="models")
        return weights if len(weights) > 1 else None

    def feed(self, columns: Columns) -> Iterator[Columns]:
        """Take the next rows and give back the columns of the rows whose batch is full."""
        rows = shape.common_length(columns)
        if self._signature is None:
            self._signature = shape.signature_of(columns)
            self._start(columns)
        else:
            shape.check_signature(columns, self._signature)
        yield from map(self._predicted, self._grid.add(columns, rows))

    def finish(self) -> Iterator[Columns]:
        """Give back the columns of the last rows."""
        yield from map(self._predicted, self._grid.rest())

    def _start(self, columns: Columns) -> None:
        fitting = max(1, BATCH_BYTES // max(1, row_bytes(columns)))
        self._grid = Grid(min(max(2 ** (fitting.bit_length() - 1), FEWEST_ROWS), MOST_ROWS))
        for name in ("probabilities", "logits", *shape.COMMITTEE):
            if name in columns:
                raise EngineError("FIELD_CONFLICT", f"{name} was sent beside models that predict; send one of the two", field=name)
        inputs = {name[len(_INPUT_PREFIX) : -1]: column for name, column in columns.items() if name.startswith(_INPUT_PREFIX)}
        for index, use in enumerate(self._uses):
            with _of_model(index):
                described = self._models.find(use, self._checkpoint)
            self._members.append((described, wiring_of(use, described.inputs, described.outputs, inputs, f"header.models[{index}]")))
        self._check_together(inputs, embeddings_sent="embeddings" in columns)

    def _check_together(self, inputs: Columns, *, embeddings_sent: bool) -> None:
        """Check what only all models together can get wrong."""
        used = {source for _, wiring in self._members for source in wiring.inputs.values()}
        for name in inputs:
            if name not in used:
                raise EngineError("MODEL_INPUT_INVALID", f"no model takes an input {name!r}", field=MODEL_INPUT.format(name))
        roles = [wiring.role for _, wiring in self._members]
        if len(set(roles)) > 1:
            message = f"the models give {' and '.join(sorted(set(roles)))}; the members of a committee must all give the same"
            raise EngineError("MODEL_OUTPUT_INVALID", message, field="header.models")
        givers = sum(wiring.embeddings is not None for _, wiring in self._members) + embeddings_sent
        if givers > 1:
            raise EngineError("FIELD_CONFLICT", f"embeddings come from {givers} sources; there must be at most one", field="header.models")
        labels = [described.class_labels for described, _ in self._members if described.class_labels]
        for other in labels[1:]:
            if other != labels[0]:
                message = f"one model has the classes {list(labels[0])[:20]} and another {list(other)[:20]}; names and order must agree"
                raise EngineError("MODEL_CLASSES_DIFFER", message, field="header.models")
        self.class_labels = list(labels[0]) if labels else []

    def _predicted(self, cut: Cut) -> Columns:
        self._checkpoint()
        columns = {name: column for name, column in cut.columns.items() if not name.startswith(_INPUT_PREFIX)}
        rows = len(next(iter(cut.columns.values())))
        members = []
        for index, (described, wiring) in enumerate(self._members):
            inputs = {name: cut.columns[MODEL_INPUT.format(source)] for name, source in wiring.inputs.items()}
            most = dict.fromkeys(wiring.wanted, rows * self._models.most_columns * _WIDEST_ELEMENT)
            outputs = self._run(described, inputs, most, rows)
            members.append(wiring.prediction_of(outputs, rows, f"header.models[{index}]"))
            if wiring.embeddings is not None:
                columns["embeddings"] = wiring.embeddings_of(outputs, rows, f"header.models[{index}]")
        columns[_column_name(self._members[0][1].role, len(members))] = _joined(members, self._members[0][1].role)
        return columns

    def _run(self, described: Described, inputs: Columns, most: dict[str, int], rows: int) -> Columns:
        said: list[float | None] = [None]
        began = time.perf_counter()
        try:
            return self._models.pool.run(described.digest, described.runnable, inputs, most, self._checkpoint, said.append)
        finally:
            self._account.ran(ModelRun(described.digest, rows, began, time.perf_counter(), said[-1]))


@contextmanager
def _of_model(index: int) -> Iterator[None]:
    """Say in errors which model they are about."""
    try:
        yield
    except EngineError as error:
        within = error.field if error.field and error.field != "models" else "onnx"
        error.field = f"header.models[{index}].{within}"
        raise


def _column_name(role: str, members: int) -> str:
    column = PREDICTIONS[role]
    return f"committee.{column}" if members > 1 or role == "VOTES" else column


def _joined(members: list[npt.NDArray[np.generic]], role: str) -> npt.NDArray[np.generic]:
    """Return one model's predictions as they are, or the members' side by side, [n, K, C] (votes: [n, K])."""
    if role == "VOTES":
        return np.stack(members, axis=1)
    if len(members) == 1:
        return members[0]
    widths = {member.shape[1] for member in members}
    if len(widths) > 1:
        message = f"the models predict {' and '.join(map(str, sorted(widths)))} classes; they must agree"
        raise EngineError("MODEL_CLASSES_DIFFER", message, field="header.models")
    return np.stack(members, axis=1)
