"""What plans say that they hold for their rows, beside what runs hold."""

import numpy as np
import pytest
from engine import columns_for, started
from querist_server.engine import keeping
from querist_server.engine.keep import GROWTH_BYTES
from querist_server.engine.keeping import KeptRows
from querist_server.engine.part import Need
from querist_server.engine.presets import PRESETS

ROWS, PIECE, COUNT, MEMBERS, CLASSES = 70_000, 10_000, 50, 3, 5
WHILE_ROWS_ARRIVE = 73_728
"""Rows beyond twice the batch, as the contract says."""
WIDTHS = {
    Need.EMBEDDINGS: 4,
    Need.PROBABILITIES: CLASSES,
    Need.LABEL_PROBABILITIES: 6,
    Need.COMMITTEE_PROBABILITIES: MEMBERS * CLASSES,
    Need.PREDICTED_VALUES: 1,
    Need.PREDICTED_VARIANCES: 1,
    Need.GROUPS: 1,
}


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_no_run_holds_more_than_its_plan_says(rng, preset):
    plan = PRESETS[preset].plan
    memory = keeping.memory(plan)
    rows = ROWS if Need.LOOK_AHEAD not in plan.needs and Need.PARTS not in plan.needs else 2_000
    columns, task = columns_for(plan.needs, rng, rows, np.float64)
    columns |= {"keys": np.arange(rows), "costs": np.ones(rows)}
    run = started(plan, count=COUNT, **task)
    most = 0
    for start in range(0, rows, PIECE):
        run.feed({name: column[start : start + PIECE] for name, column in columns.items()})
        most = max(most, run.bytes_kept - run._side.bytes)
    each = memory.row_bytes + 8 * sum(WIDTHS[need] for need in memory.columns)
    if memory.rows is KeptRows.POOL:
        sent = [need for need in memory.columns if need is not Need.PROBABILITIES or {"probabilities", "logits"} & columns.keys()]
        assert rows * 8 * sum(WIDTHS[need] for need in sent) <= most <= 2 * rows * each
        assert 2 * rows * each <= rows * each + GROWTH_BYTES * (10 + len(memory.columns))
    else:
        kept = COUNT if memory.rows is KeptRows.BATCH else run.task.plan.prefilter
        assert most <= (2 * kept + WHILE_ROWS_ARRIVE) * each


@pytest.mark.parametrize(
    ("preset", "rows", "columns"),
    [
        ("margin", KeptRows.BATCH, ()),
        ("power_margin", KeptRows.BATCH, ()),
        ("badge", KeptRows.POOL, (Need.EMBEDDINGS, Need.PROBABILITIES)),
        ("k_center", KeptRows.POOL, (Need.EMBEDDINGS,)),
        ("badge_shortlist", KeptRows.PREFILTERED, (Need.EMBEDDINGS, Need.PROBABILITIES)),
    ],
)
def test_what_is_held(preset, rows, columns):
    found = keeping.memory(PRESETS[preset].plan)
    assert (found.rows, found.columns) == (rows, columns)
    assert found.row_bytes >= 3 * keeping.NUMBER_BYTES
