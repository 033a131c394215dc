"""A fixed sample of the pool: what the model says of it now, and in all rounds of a campaign of the same instances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from querist_server.engine.campaign import ABSENT, StopSet
from querist_server.engine.errors import EngineError
from querist_server.engine.kernels import noise
from querist_server.engine.pool import Block

FloatArray = npt.NDArray[np.float64]
IndexArray = npt.NDArray[np.int64]

MOST_INSTANCES, MOST_CELLS = 2048, 2**22
"""Instances of the sample: fewer where there are so many classes that their probabilities are more than so many numbers."""
_ALL = 2**64 - 1


@dataclass(frozen=True)
class Summary:
    """What the model says of the sample.

    Attributes
    ----------
    rows : int
    uncertainty : float
        Mean entropy, divided by log C.
    expected_error, expected_error_deviation : float
        Mean of 1 - p of the predicted class, and the standard error of that mean.
    expected_f : float
        Mean over classes of the F1 score that the probabilities give.
    """

    rows: int
    uncertainty: float
    expected_error: float
    expected_error_deviation: float
    expected_f: float


class StopSample:
    """Takes the pool's blocks in the order of the rows, and keeps the rows of the sample.

    Instances are known by their keys, or within one round by their rows, and belong to the sample by a hash of these: which do depends
    neither on the order nor on the blocks. Only rows that the caller did not exclude count, so that it makes no difference whether what is
    labelled is excluded or left away.

    Parameters
    ----------
    known : StopSet or None
        The instances of the rounds before; None draws anew.
    classes : int
        Number of classes; 0 if there are no predictions.
    """

    def __init__(self, known: StopSet | None, classes: int) -> None:
        if known is not None and known.classes and classes and known.classes != classes:
            message = (
                f"the state is of a campaign with {known.classes} classes, and the pool has {classes}; they stay the same over all rounds: "
                "a model that has not seen a class yet gives it probability 0"
            )
            raise EngineError("STATE_FOREIGN", message, field="campaign.state")
        self.keyed = False
        self._known = known if known is not None and not known.from_caller else None
        self._most = min(MOST_INSTANCES, max(1, MOST_CELLS // max(classes, 1)))
        self._cut = _ALL if self._known is None else self._known.cut
        self._hashes = np.empty(0, np.uint64)
        self._names = np.empty(0, np.int64)
        self._predictions: FloatArray | None = None

    def add(self, block: Block, open_rows: npt.NDArray[np.bool_]) -> None:
        """Take the next block; `open_rows` says which of its rows the caller did not exclude."""
        if not block.has_predictions:
            return
        self.keyed = block.keys is not None
        names = block.rows if block.keys is None else block.keys.astype(np.int64)
        if self._known is not None and not self.keyed:
            self._known, self._cut = None, _ALL
        hashes = noise.key_hash(names)
        chosen = np.flatnonzero(open_rows & block.scorable & (hashes <= np.uint64(self._cut)))
        if self._known is not None:
            chosen = chosen[_among(names[chosen], self._known.keys)]
        if not len(chosen):
            return
        room = self._most if self._known is None else len(self._known.keys)
        places, entering = self._placed(hashes[chosen], names[chosen], room)
        predictions = block.predictions_of(chosen[entering])
        if self._predictions is None:
            self._predictions = np.empty((room, predictions.shape[1]))
        self._predictions[places] = predictions
        if self._known is None and len(self._hashes) == room:
            self._cut = int(self._hashes.max())

    @property
    def bytes(self) -> int:
        """Bytes held."""
        return self._hashes.nbytes + self._names.nbytes + (0 if self._predictions is None else self._held(self._predictions).nbytes)

    def _placed(self, hashes: npt.NDArray[np.uint64], names: IndexArray, room: int) -> tuple[IndexArray, IndexArray]:
        """Take in the names with the lowest hashes; return at which places their rows go, and which of them these are.

        Rows that stay are not moved: with many classes, to copy all for each block would take longer than all else.
        """
        held = len(self._hashes)
        both, all_names = np.concatenate((self._hashes, hashes)), np.concatenate((self._names, names))
        lowest = np.sort(np.lexsort((all_names, both))[:room])
        entering = lowest[lowest >= held]
        places = np.concatenate((np.setdiff1d(np.arange(held), lowest), np.arange(held, len(lowest))))
        self._hashes, self._names = both[: len(lowest)], all_names[: len(lowest)]
        self._hashes[places], self._names[places] = both[entering], all_names[entering]
        return places, entering - held

    def _held(self, predictions: FloatArray) -> FloatArray:
        """Return the rows that are filled, of those that there is room for."""
        return predictions[: len(self._hashes)]

    def summary(self) -> Summary | None:
        """Return what the model says of the sample; None without predictions."""
        if self._predictions is None:
            return None
        self._keep(np.argsort(self._names, kind="stable"))
        chances = self._predictions
        best, rows = chances.max(axis=1), len(chances)
        spread = float(best.std(ddof=1)) if rows > 1 else 0.5
        return Summary(
            rows=rows,
            uncertainty=float(special.entr(chances).sum(axis=1).mean() / np.log(chances.shape[1])),
            expected_error=float((1 - best).mean()),
            expected_error_deviation=spread / float(np.sqrt(rows)),
            expected_f=_expected_f(chances),
        )

    def followed(self) -> StopSet | None:
        """Return the stop set with this model's predictions after those of the rounds before; None without keys or predictions."""
        if self._predictions is None or not self.keyed:
            return None
        self._keep(np.argsort(self._names, kind="stable"))
        predicted = self._predictions.argmax(axis=1)
        classes = self._predictions.shape[1]
        if self._known is None:
            cut = int(self._hashes.max()) if len(self._hashes) == self._most else _ALL
            return StopSet(self._names, False, classes, cut, (predicted,))
        found = np.full(len(self._known.keys), ABSENT, np.int64)
        found[np.searchsorted(self._known.keys, self._names)] = predicted
        return StopSet(self._known.keys, False, classes, self._known.cut, (*self._known.models, found))

    def _keep(self, order: IndexArray) -> None:
        self._hashes, self._names = self._hashes[order], self._names[order]
        if self._predictions is not None:
            self._predictions = self._held(self._predictions)[order]


def _among(names: IndexArray, keys: IndexArray) -> npt.NDArray[np.bool_]:
    """Return which names are among the keys, which rise."""
    places = np.searchsorted(keys, names)
    return places < len(keys) if not len(keys) else keys[np.minimum(places, len(keys) - 1)] == names


def _expected_f(chances: FloatArray) -> float:
    """Return the mean F1 score over the classes that the model predicts or expects."""
    rows, classes = chances.shape
    predicted = chances.argmax(axis=1)
    right = np.bincount(predicted, weights=chances[np.arange(rows), predicted], minlength=classes)
    claimed = np.bincount(predicted, minlength=classes)
    expected = chances.sum(axis=0)  # 2 TP / (2 TP + FP + FN), where TP + FP is what is claimed and TP + FN what is expected
    counted = claimed + expected > 0
    return float((2 * right[counted] / (claimed + expected)[counted]).mean())
