"""Embeddings as large and as small as their type allows, in every part that looks at them: no warning, no crash, no index twice."""

import numpy as np
import pytest
from engine import columns_for, select
from querist_server.engine.choices.k_center import KCenter
from querist_server.engine.choices.top import Top
from querist_server.engine.part import Need
from querist_server.engine.plan import Plan
from querist_server.engine.registry import CHOICES, GUARDS, SCORES, WEIGHTS
from querist_server.engine.scores.random import Random

ROWS = 40
SCALES = [
    (np.float32, 1e-44),
    (np.float32, 1e-30),
    (np.float32, 1e15),
    (np.float32, 2.2e18),
    (np.float64, 1e-310),
    (np.float64, 1e-160),
    (np.float64, 1e20),
    (np.float64, 2.4e49),
]


def looking(registry):
    return [name for name, part in registry.items() if Need.EMBEDDINGS in part.needs]


def extreme(rng, needs, dtype, scale):
    """Return columns whose embeddings are within a factor of the scale, with copies and zeros among them, and what goes beside."""
    columns, task = columns_for(needs | {Need.EMBEDDINGS}, rng, ROWS, dtype)
    signs = rng.choice([-1.0, 1.0], (ROWS, 4)) * rng.uniform(0.5, 2, (ROWS, 4))
    columns["embeddings"] = (signs * scale).astype(dtype)
    columns["embeddings"][5] = columns["embeddings"][6]
    columns["embeddings"][7] = 0
    beside = {"labelled.embeddings": (rng.choice([-1.0, 1.0], (9, 4)) * scale).astype(dtype)}
    for name in ("wanted", "unwanted"):
        beside[name] = (rng.choice([-1.0, 1.0], (3, 4)) * scale).astype(dtype)
    if Need.PREDICTED_VALUES in needs:
        beside["labelled.values"] = rng.random(9)
    return columns, {**task, "beside": {**task.get("beside", {}), **beside}}


def answered(plan, columns, **task):
    return select(plan, columns, **task).indices.tolist()


@pytest.mark.parametrize(("dtype", "scale"), SCALES, ids=str)
@pytest.mark.parametrize("labelled", [False, True])
@pytest.mark.parametrize("choice", looking(CHOICES))
def test_choices(rng, choice, dtype, scale, labelled):
    plan = Plan(Random(), CHOICES[choice]())
    columns, task = extreme(rng, plan.needs, dtype, scale)
    if not labelled:
        task["beside"] = {name: array for name, array in task["beside"].items() if not name.startswith("labelled")}
    for count in (1, 13, ROWS):
        found = answered(plan, columns, count=count, **task)
        assert len(set(found)) == len(found) == count


@pytest.mark.parametrize(("dtype", "scale"), SCALES, ids=str)
@pytest.mark.parametrize("kernel", ["COSINE", "TOP_HAT"])
def test_kernels(rng, kernel, dtype, scale):
    plan = Plan(Random(), CHOICES["facility_location"](kernel=kernel, adaptive=True))
    columns, task = extreme(rng, plan.needs, dtype, scale)
    assert len(set(answered(plan, columns, count=13, **task))) == 13


@pytest.mark.parametrize(("dtype", "scale"), SCALES, ids=str)
@pytest.mark.parametrize("guard", looking(GUARDS))
def test_guards(rng, guard, dtype, scale):
    for parameters in ({}, {"of_pool": True}) if guard == "near_duplicate" else ({},):
        plan = Plan(Random(), KCenter(), guards=(GUARDS[guard](**parameters),))
        columns, task = extreme(rng, plan.needs, dtype, scale)
        assert len(set(answered(plan, columns, count=4, **task))) == 4


@pytest.mark.parametrize(("dtype", "scale"), SCALES, ids=str)
def test_weights_and_scores(rng, dtype, scale):
    for plan in (
        *(Plan(Random(), Top(), weights=(WEIGHTS[name](),)) for name in looking(WEIGHTS)),
        *(Plan(SCORES[name](), Top()) for name in looking(SCORES)),
    ):
        columns, task = extreme(rng, plan.needs, dtype, scale)
        assert len(set(answered(plan, columns, count=9, **task))) == 9
