"""Where the demo's campaigns were stopped, in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from querist.rounds import Economics
from querist.simulation.advised import Stop


def stops(found: Sequence[Stop | None], economics: Economics) -> str:
    """Return where campaigns were stopped and what that lost, as text."""
    there = [stop for stop in found if stop is not None]
    labels = [stop.labels for stop in there]
    unit = economics.currency
    return (
        f"When to stop: a label costs {unit} {economics.label_cost:g}, an error {unit} {economics.error_cost:g}, "
        f"and {economics.predictions:,.0f} predictions are to be made.\n"
        f"The verdict on margin was STOP at {np.median(labels):.0f} labels (median; {min(labels)} to {max(labels)}). Of the first seed:\n"
        f"  {there[0].sentence}\n"
        f"Against the cheapest stop known afterwards it lost {unit} {np.mean([stop.regret for stop in there]):.0f} on average "
        f"(to go on to the last label that was made: {unit} {np.mean([stop.regret_at_the_end for stop in there]):.0f})."
    )
