"""Labelbox: a batch as priorities of data rows. Pure: Labelbox's SDK is not needed.

``Project.update_data_row_labeling_priority(data_rows, priority)`` gives one whole number to up to a million rows at a time, and 1 comes
first. So a ranking is cut into levels, each of which is a call; inside of a level the order is Labelbox's own. Read in labelbox-python's
``schema/project.py``.
"""

from __future__ import annotations

from typing import Any

from querist.integrations._candidates import candidates
from querist.results import Batch

MOST_ROWS = 1_000_000


def levels(batch: Batch, count: int = 5) -> list[tuple[int, list[Any]]]:
    """Return for each call the priority, from 1, and the data rows that get it, all levels of one size but the last.

    Parameters
    ----------
    batch : Batch
        Its ids are data rows.
    count : int
        How many levels; as many as the batch has rows for the exact order.

    Raises
    ------
    ValueError
        If there is no level, or a level has more rows than a call takes.
    """
    rows = [each.id for each in candidates(batch, None, None)]
    if count < 1:
        raise ValueError(f"count is {count}; it must be 1 or more")
    size = max(1, -(-len(rows) // count))
    if size > MOST_ROWS:
        raise ValueError(f"a level would have {size} rows, and a call takes {MOST_ROWS}: use {-(-len(rows) // MOST_ROWS)} levels or more")
    return [(number, rows[start : start + size]) for number, start in enumerate(range(0, len(rows), size), 1)]
