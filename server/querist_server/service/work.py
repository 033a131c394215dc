"""The array work of one selection: decode, infer if models are named, then the engine. Runs on worker threads."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from querist.v1 import selection_service_pb2, side_pb2

from querist_server.engine.errors import EngineError
from querist_server.engine.pipeline import Limits, Run, Selection
from querist_server.service.account import TYPED_PLAN, Account
from querist_server.service.decode import Columns, decode_pool, decode_side, decode_task
from querist_server.service.digests import without_data
from querist_server.service.errors import located
from querist_server.service.inference import Inference, Models
from querist_server.service.local_files import NO_FILES, LocalFiles
from querist_server.service.reading import Rows
from querist_server.service.turns import checkpoint_of


class SelectionWork:
    """One selection while its messages arrive.

    Parameters
    ----------
    header : SelectHeader
    limits : Limits
        The largest pool that is accepted.
    models : Models
        Where models are found and run.
    rows_path : str
        Where rows are in the request, for errors: "pool" or "block.rows".
    ended : threading.Event
        Set by whoever made this when the caller has gone; running work then stops within a block.
    files : LocalFiles
        Where tensors are found that are files.
    hold : callable
        Told how many bytes the work is about to hold beside the rows; raises if the server has not so many.
    account : Account, optional
        Where it is written what the work consists of.

    Raises
    ------
    EngineError
        If the header cannot be answered.
    """

    def __init__(
        self,
        header: selection_service_pb2.SelectHeader,
        limits: Limits,
        models: Models,
        rows_path: str,
        ended: threading.Event,
        files: LocalFiles = NO_FILES,
        hold: Callable[[float], None] = lambda _: None,
        account: Account | None = None,
    ) -> None:
        self._rows_path, self._files = rows_path, files
        self._checkpoint = checkpoint_of(ended)
        self._account = account or Account()
        self._stages, self._digests = self._account.stages, self._account.digests
        with self._located():
            task = decode_task(header, files)
            self._account.strategy = header.strategy or TYPED_PLAN
            if self._digests is not None:
                self._account.asked = without_data(header)
                of_header = {"cost_matrix": task.cost_matrix, "exclude_indices": task.exclude_indices}
                self._digests.add({name: array for name, array in of_header.items() if array is not None})
            self._inference = Inference(header, models, self._checkpoint, self._account) if header.models else None
            if self._inference is not None:
                task = dataclasses.replace(task, member_weights=self._inference.member_weights(task.member_weights))
        self.strategy = header.strategy
        self.run = Run(task, limits, checkpoint=self._checkpoint, hold=hold, stages=self._stages)

    def beside(self, side: side_pb2.Side) -> None:
        """Take what is sent beside the pool, or a piece of it.

        Raises
        ------
        EngineError
            If it is not what the contract allows.
        """
        with self._located(), self._stages["DECODE"]:
            columns = decode_side(side, self._files)
            if self._digests is not None:
                self._digests.add(columns)
            self.run.beside(columns)

    def feed(self, *blocks: Rows) -> None:
        """Take the next rows.

        Raises
        ------
        EngineError
            If they are not what the contract allows.
        Cancelled
            If the caller has gone.
        """
        with self._located():
            for block in blocks:
                self._checkpoint()
                with self._stages["DECODE"]:
                    columns = decode_pool(block.pool, self._files, block.apart)
                    if self._digests is not None:
                        self._digests.add(columns)
                if self._inference is None:
                    _refuse_model_inputs(columns.keys())
                    self.run.feed(columns)
                    continue
                for predicted in self._timed_pieces(self._inference.feed(columns)):
                    self.run.feed(predicted)

    def finish(self) -> Selection:
        """Choose from all rows.

        Raises
        ------
        EngineError
            If the pool as a whole is not what the contract allows.
        Cancelled
            If the caller has gone.
        """
        with self._located():
            if self._inference is not None:
                for predicted in self._timed_pieces(self._inference.finish()):
                    self.run.feed(predicted)
            selection = self.run.finish()
        self._account.rows = self.run.rows_received
        if self.run.auto_choice is not None:
            self._account.strategy = self.run.auto_choice.strategy
        if selection.advice is not None:
            self._account.verdict = selection.advice.verdict
        return selection

    @property
    def class_labels(self) -> list[str]:
        """Class names that the models declare."""
        return [] if self._inference is None else self._inference.class_labels

    @contextmanager
    def _located(self) -> Iterator[None]:
        try:
            yield
        except EngineError as error:
            raise located(error, self._rows_path)  # noqa: B904 - the same error, with the path of its field

    def _timed_pieces(self, pieces: Iterator[Columns]) -> Iterator[Columns]:
        while True:
            with self._stages["INFER"]:
                piece = next(pieces, None)
            if piece is None:
                return
            yield piece


def _refuse_model_inputs(names: Iterable[str]) -> None:
    for name in names:
        if name.startswith("model_inputs["):
            raise EngineError("FIELD_MISSING", "model inputs were sent, but no models to run on them", field="models")
