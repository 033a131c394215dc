"""What a selection sees of its pool for the sake of stop advice, and the advice itself."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from querist_server.engine.advising import Advice, Observation, advise, sent_stop_set, surrogate_shift
from querist_server.engine.errors import EngineError
from querist_server.engine.pool import Block, Context
from querist_server.engine.selection import Selection
from querist_server.engine.situation import Situation
from querist_server.engine.stop_sample import StopSample
from querist_server.engine.task import Task


class Following:
    """Follows a campaign through the rows of one selection.

    Parameters
    ----------
    situation : Situation
        What the caller knows of the round.
    context : Context

    Raises
    ------
    EngineError
        If the state is of another campaign, or the stop set is not what it was.
    """

    def __init__(self, situation: Situation, context: Context) -> None:
        self._situation, self._context = situation, context
        self._campaign = situation.campaign.reopened(situation.labelled)
        side, known = context.side, self._campaign.stop_set
        self._sent = None if side.stop_set is None else sent_stop_set(self._campaign, side.stop_set, side.stop_set_classes)
        self._sample = StopSample(None if self._sent is not None else known, context.classes)
        self._open = 0
        self._mass = (0.0, 0.0)
        screening = situation.screening
        if screening is not None and context.classes and screening.relevant_class >= context.classes:
            message = f"relevant_class is {screening.relevant_class}; the pool has classes 0 to {context.classes - 1}"
            raise EngineError("VALUE_OUT_OF_RANGE", message, field="campaign.screening.relevant_class")

    @property
    def bytes(self) -> int:
        """Bytes held."""
        return self._sample.bytes

    def add(self, block: Block, open_rows: npt.NDArray[np.bool_]) -> None:
        """Take the next block; `open_rows` says which rows the caller did not exclude."""
        self._open += int(np.count_nonzero(open_rows))
        self._sample.add(block, open_rows)
        if self._situation.screening is not None and block.has_predictions:
            chances = block.chances_of(self._situation.screening.relevant_class)[open_rows].astype(np.float64)
            self._mass = self._mass[0] + float(chances.sum()), self._mass[1] + float((chances * (1 - chances)).sum())

    def advice(self, task: Task, selection: Selection) -> Advice:
        """Return whether the chosen batch should be labelled."""
        side, context = self._context.side, self._context
        summary = self._sample.summary()
        a_batch = task.count is not None or task.budget is not None
        seen = Observation(
            unlabelled=self._open,
            selected=len(selection.indices) if a_batch else None,
            choice=task.plan.choice.name,
            gains=selection.gains if a_batch else None,
            summary=summary,
            calibrated=context.calibration is not None,
            stop_set=self._sent or self._sample.followed(),
            stability=surrogate_shift(
                self._campaign, self._situation.labelled, side.labelled_embeddings, side.labelled_classes, context.checkpoint
            ),
            unscreened=self._mass if summary is not None else None,
            screened=side.screened,
        )
        return advise(self._situation, seen)
