"""A campaign that asks in each round whether to go on, and what its stop lost."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from querist.campaign import Campaign
from querist.rounds import Economics
from querist.simulation.split import Labels, Split

if TYPE_CHECKING:
    from querist._client import Client
    from querist.plan import Plan


@dataclass(frozen=True)
class Stop:
    """Where the verdict stopped a campaign.

    Attributes
    ----------
    round : int
        The first round that came with the advice not to label it, counted from 1.
    labels : int
        How many there were by then.
    sentence : str
        Why.
    regret : float
        What that loses against the best stop known afterwards, by the test rows: money if labels and errors have prices, else the score.
    regret_at_the_end : float
        The same for labelling everything that was labelled in the replay.
    """

    round: int
    labels: int
    sentence: str
    regret: float
    regret_at_the_end: float


class Advised:
    """A campaign that is kept in a file and asks each round whether to go on.

    Parameters
    ----------
    data : Split
    path : Path
        The campaign's file; one that is there is removed.
    economics : Economics, optional
    beyond : bool
        Whether the replay goes on after its last round until the verdict is to stop.
    page : Path, optional
        Where the campaign's report goes when the verdict is to stop.
    """

    def __init__(self, data: Split, path: Path, *, economics: Economics | None, beyond: bool = False, page: Path | None = None) -> None:
        path.unlink(missing_ok=True)
        self._data, self._economics, self._page = data, economics, page
        self._kept = Campaign(path, labelled=len(data.first), economics=economics)
        self._sentence, self._labels, self._round = "", 0, 0
        self._beyond = beyond

    @property
    def goes_on(self) -> bool:
        """Whether the replay should go on after its last round."""
        return self._beyond and not self._round

    def choose(self, client: Client, judge: Any, arguments: dict[str, Any], *, strategy: str | Plan, count: int, seed: int) -> Labels:
        """Ask for a batch and label it; remember the first stop, and where the campaign was then."""
        data, held_out = self._data, len(self._data.validation)
        right = np.mean(judge.predict(data.features[data.validation]) == data.labels[data.validation]) if held_out else None
        chosen = self._kept.select(
            client,
            **arguments,
            ids=range(len(data.pool)),
            exclude=data.first,
            strategy=strategy,
            count=count,
            seed=seed,
            error=None if right is None else 1 - float(right),
            instances=held_out or None,
        )
        if chosen.stop.verdict == "STOP" and not self._round:
            self._sentence, self._labels, self._round = chosen.stop.sentence, self._kept.labelled, len(self._kept.rounds) + 1
            if self._page is not None:
                self._kept.report(self._page)
        self._kept.record(data.labels[data.pool[chosen.indices]].tolist())
        return chosen.indices

    def stop(self, counts: list[int], scores: list[float], accuracies: list[float]) -> Stop | None:
        """Return where it stopped and what that lost, or None if it never did."""
        if not self._round:
            return None
        losses = [-score for score in scores] if self._economics is None else totals(self._economics, counts, accuracies)
        at = counts.index(self._labels)
        return Stop(self._round, self._labels, self._sentence, losses[at] - min(losses), losses[-1] - min(losses))


def totals(prices: Economics, counts: list[int], accuracies: list[float]) -> list[float]:
    """Return what labels and errors cost together after each round."""
    value = (prices.error_cost or 0.0) * (prices.predictions or 0.0)
    labels = [(prices.label_cost or 0.0) * count + (prices.batch_cost or 0.0) * number for number, count in enumerate(counts)]
    return [paid + value * (1 - accuracy) for paid, accuracy in zip(labels, accuracies, strict=True)]
