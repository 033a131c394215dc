"""What a replay found, as a frozen dataclass."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from querist import plots
from querist.simulation import plot, text
from querist.simulation.advised import Stop
from querist.simulation.analysis import Difference, Saving, areas, default_targets, savings
from querist.simulation.loop import Curve
from querist.simulation.settings import Settings

if TYPE_CHECKING:
    import pandas

CURVES, PICTURE, PAGE = "curves.csv", "learning-curves.png", "report.html"
COLUMNS = ("strategy", "seed", "labels", "score")


@dataclass(frozen=True)
class Simulation:
    """Learning curves of several strategies on the same splits, and what they mean.

    Differences are paired by seed. Their intervals hold for each by itself; what is called better or worse, and whether labels are saved,
    goes by p values that are corrected for all comparisons of the same kind (Holm). Seeds share the data: all of this is about other splits
    of this data, not about other data.

    Attributes
    ----------
    curves : dict of str to tuple of Curve
        Of each strategy, the control last; one for each seed.
    control : str
    seeds : tuple of int
    settings : Settings
        With every default filled in.
    model : str
        What was trained.
    classes : tuple of str
        In their order: for binary scorers the second is the positive one.
    name : str
        Of the data.
    """

    curves: dict[str, tuple[Curve, ...]]
    control: str
    seeds: tuple[int, ...]
    settings: Settings
    model: str
    classes: tuple[str, ...]
    name: str = "data"

    def __repr__(self) -> str:
        return f"<Simulation of {', '.join(self.curves)} on {self.name}: {len(self.seeds)} seeds, {self.settings.rounds} rounds>"

    @property
    def targets(self) -> tuple[float, ...]:
        """The scores that the control reaches on average with a quarter, half, three quarters and nearly all of its rounds."""
        return default_targets(self.curves[self.control])

    @property
    def areas(self) -> dict[str, Difference]:
        """By how much the area under each strategy's learning curve, which is its mean score, is above the control's."""
        return areas(self.curves, self.control)

    @property
    def stops(self) -> dict[str, tuple[Stop | None, ...]]:
        """Where the verdict stopped the campaigns of each strategy but the control; None where it never did."""
        return {name: tuple(curve.stop for curve in runs) for name, runs in self.curves.items() if name != self.control}

    @property
    def conclusion(self) -> str:
        """What beats the control, and what the control beats, in a sentence."""
        return text.conclusion(self.curves, self.control)

    def savings(self, targets: Sequence[float] | None = None) -> dict[tuple[str, float], Saving]:
        """Return how many labels each strategy saves against the control until each target is reached."""
        return savings(self.curves, self.control, self.targets if targets is None else targets, corrected=True)

    def table(self, targets: Sequence[float] | None = None) -> str:
        """Return the labels that each strategy needs to reach each target, and those it saves, as text."""
        return text.table(self.curves, self.control, self.targets if targets is None else targets, corrected=True)

    def summary(self, targets: Sequence[float] | None = None) -> str:
        """Return all that was found, as text."""
        settings = self.settings
        parts = [
            self.table(targets),
            *([] if targets else [f"The targets are what {self.control} reaches on average with 25, 50, 75 and 95 % of its rounds."]),
            f"{len(self.seeds)} seeds, each another split: {settings.start} labels to begin with, {settings.rounds} rounds of "
            f"{settings.batch}, {settings.test_rows} test rows; score: {settings.score}; model: {self.model}.\n"
            "saved: mean over all seeds with 95 % interval (Student's t, paired by seed, each line by itself);\n"
            "       a seed that never gets there counts with its last label.",
            f"Area under the learning curve (mean score):\n{text.area_table(self.curves, self.control)}",
            "Verdicts are corrected for all comparisons of a table (Holm, 5 %).",
        ]
        if settings.validation_rows:
            parts.append(f"When to stop: {self._prices}\n{text.stop_lines(self.stops, settings.economics)}")
        given_up = sum(curve.unconverged for runs in self.curves.values() for curve in runs)
        if given_up:
            parts.append(f"{given_up} fits of the model gave up before they had converged.")
        return "\n\n".join([*parts, self.conclusion])

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values that JSON can hold; None for intervals and p values that there are not."""
        return {
            "name": self.name,
            "model": self.model,
            "classes": list(self.classes),
            "control": self.control,
            "seeds": list(self.seeds),
            "settings": self.settings.to_dict(),
            "curves": {name: [dataclasses.asdict(curve) for curve in runs] for name, runs in self.curves.items()},
            "areas": {name: _plain(each) for name, each in self.areas.items()},
            "savings": [
                {"strategy": name, "target": target, "reached": each.reached, **_plain(each.labels)}
                for (name, target), each in self.savings().items()
            ],
            "conclusion": self.conclusion,
        }

    def to_pandas(self) -> pandas.DataFrame:
        """Return a data frame with a row for each strategy, seed and number of labels.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError("to_pandas needs pandas: pip install 'querist[pandas]'") from error
        return pd.DataFrame(self.rows(), columns=COLUMNS)

    def rows(self) -> list[tuple[str, int, int, float]]:
        """Return strategy, seed, number of labels and score after each round."""
        return [
            (name, seed, labels, score)
            for name, runs in self.curves.items()
            for seed, curve in zip(self.seeds, runs, strict=True)
            for labels, score in zip(curve.labels, curve.scores, strict=True)
        ]

    def plot(self, path: str | Path) -> None:
        """Draw the mean learning curves; the ending of the path says how: .png, .svg or .pdf.

        Raises
        ------
        ImportError
            If matplotlib is not installed: ``pip install 'querist[plot]'``.
        """
        plots.save(plot.learning_curves(self.curves, self.control, name=self.name, score=self.settings.score), path)

    def report(self, path: str | Path, targets: Sequence[float] | None = None) -> None:
        """Write all that was found on one HTML page that needs nothing else.

        Raises
        ------
        ImportError
            If matplotlib is not installed: ``pip install 'querist[plot]'``.
        """
        from querist.simulation import page

        Path(path).write_text(page.page(self, self.targets if targets is None else targets), encoding="utf-8")

    def save(self, directory: str | Path, targets: Sequence[float] | None = None) -> None:
        """Write `curves.csv` (a row for each strategy, seed and number of labels), `learning-curves.png` and `report.html`.

        Raises
        ------
        ImportError
            If matplotlib is not installed: ``pip install 'querist[plot]'``.
        """
        folder = Path(directory)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / CURVES).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(self.rows())
        self.plot(folder / PICTURE)
        self.report(folder / PAGE, targets)

    @property
    def _prices(self) -> str:
        prices = self.settings.economics
        if prices is None:
            return f"labels and errors have no prices, so regret is {self.settings.score} lost against the best that was reached."
        unit = f"{prices.currency} ".lstrip()
        return (
            f"a label costs {unit}{prices.label_cost:g}, an error {unit}{prices.error_cost:g}, and {prices.predictions:,.0f} predictions "
            "are to be made; regret is against the cheapest stop known afterwards."
        )


def _plain(found: Difference) -> dict[str, float | None]:
    return {name: None if np.isnan(value) else value for name, value in dataclasses.asdict(found).items()}
