"""What a random share of each batch costs and protects, as a table."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from found import BATCH, LATEST, RARE, ROUNDS, SHARES, STRATEGIES, Found, read
from querist.simulation.analysis import difference

TEXT = f"""Of one class only {RARE} instances are in the pool, and none has a label when the campaign begins. *Cost* is what the area
under the curve of accuracy loses against no share, with its 95 % interval, in points; *found after* the mean number of labels until the
rare class was known. The error is that of the last {LATEST} rounds' models over what is left of the pool. *By all* new labels is how far
the share of them that the model got wrong is from it on average, in points; *by random* the same from the random labels alone; *scatter*
the latter's root mean square, which is what so few labels allow."""
DECISION = """No share is drawn unless a caller asks for one (`random_share`). It finds the rare class no sooner than these strategies do by
themselves, so that what it protects is an estimate of the error alone, which without it is far off. With the labels that a tenth of a
few batches buys, that estimate scatters by about ten points. Who has a hold-out set needs none; who has not may well draw a tenth, at
half a point or less."""


def share_lines() -> Iterator[str]:
    """Give the section's lines."""
    found = read()
    sets, seeds = len({each.data for each in found}), len({each.seed for each in found})
    yield f"{sets} sets with four classes or more, two families of models, {seeds} seeds, {ROUNDS} batches of {BATCH}."
    yield TEXT
    yield from ("", "| strategy | share | cost | found after | never found | error by all | by random | scatter |", f"|{'---|' * 8}")
    for strategy in STRATEGIES:
        without = {_run(each): each for each in found if each.strategy == strategy and not each.share}
        for share in SHARES:
            yield _row(strategy, share, [each for each in found if (each.strategy, each.share) == (strategy, share)], without)
    yield from ("", DECISION)


def _row(strategy: str, share: float, some: list[Found], without: dict[tuple[str, str, int], Found]) -> str:
    lost = difference([without[_run(each)].area - each.area for each in some])
    cost = f"{100 * lost.mean:.1f} ({100 * lost.low:.1f} to {100 * lost.high:.1f})" if share else "0"
    until = np.array([each.until for each in some])
    by_all = np.mean([each.by_all - each.error for each in some])
    by_random = np.array([each.by_random - each.error for each in some])
    cells = [f"`{strategy}`", f"{share:.0%}", cost, f"{until.mean():.0f}", f"{np.mean(until > BATCH * ROUNDS):.0%}", f"{100 * by_all:+.0f}"]
    cells += [f"{100 * by_random.mean():+.0f}", f"{100 * np.sqrt((by_random**2).mean()):.0f}"] if share else ["", ""]
    return f"| {' | '.join(cells)} |"


def _run(each: Found) -> tuple[str, str, int]:
    return each.data, each.family, each.seed
