"""The rows as a picture: for each, how long every kind of contestant took, on a scale of powers of ten."""

from pathlib import Path

from goals import fastest, median
from racing import Outcome

SERIES = (
    ("querist, TCP", "o", "tab:blue"),
    ("querist, Unix socket", "s", "tab:cyan"),
    ("querist, local file", "^", "tab:green"),
    ("fastest peer, in process", "X", "tab:red"),
    ("plain numpy", "P", "tab:orange"),
    ("bare gRPC, TCP", "|", "black"),
    ("one pass over memory", "_", "grey"),
)


def draw(outcomes: list[Outcome], path: Path) -> None:
    """Write the picture."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(10, 1.6 + 0.32 * len(outcomes)), layout="constrained")
    places = range(len(outcomes), 0, -1)
    for name, marker, colour in SERIES:
        found = [(time, place) for outcome, place in zip(outcomes, places, strict=True) if (time := _time(outcome, name)) is not None]
        if found:
            axes.scatter(*zip(*found, strict=True), marker=marker, color=colour, s=55, label=name, zorder=3)
    axes.set_yticks(list(places), [outcome.row.title for outcome in outcomes], fontsize=8)
    axes.set_xscale("log")
    axes.set_xlabel("milliseconds, median")
    axes.grid(axis="both", alpha=0.3)
    axes.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.4, -0.6 / (1.6 + 0.32 * len(outcomes))), ncols=4)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _time(outcome: Outcome, name: str) -> float | None:
    """Return milliseconds of a series."""
    row = outcome.row
    who: str | None = name
    if name.startswith("fastest"):
        who = fastest(outcome.runs, row.peers)
    elif name.startswith("plain"):
        who = fastest(outcome.runs, row.plain)
    elif name.startswith("bare"):
        who = row.bare
    seconds = median(outcome.runs, who) if who else None
    return None if seconds is None else seconds * 1e3
