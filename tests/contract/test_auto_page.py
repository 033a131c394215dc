"""What is claimed of the strategy "auto" is what the grid measured: client/AUTO.md and the figures that it is made from."""

from pathlib import Path

import numpy as np
import pytest

GRID = Path(__file__).resolve().parents[1] / "bench" / "grid"


@pytest.fixture
def areas(monkeypatch):
    monkeypatch.syspath_prepend(GRID)
    import areas

    return areas.Areas.read()


@pytest.fixture
def arm_of_auto(areas):
    from policies import arm_of, auto

    return lambda case: arm_of(auto, case.cell, case.embeddings)


def test_auto_is_near_the_best_plan_of_each_set(areas, arm_of_auto):
    from areas import by_set

    ratios = by_set((case, areas.ratio(case, arm_of_auto(case), areas.best_of_set(case))) for case in areas.cases)
    assert np.mean(list(ratios.values())) >= 0.99
    assert min(ratios.values()) >= 0.95


def test_auto_is_nowhere_surely_below_random(areas, arm_of_auto):
    tested = list(areas.against_control(arm_of_auto, areas.cases))
    assert not [case for case, _, corrected in tested if corrected.sign < 0]
    assert sum(corrected.sign > 0 for _, _, corrected in tested) > 0, "a test that finds nothing above random would find nothing below"


def test_the_grid_has_what_it_says(areas):
    assert len({cell.data for cell in areas.cells}) >= 10
    assert {cell.family for cell in areas.cells} == {"linear", "forest", "network"}
    assert {cell.batch for cell in areas.cells} == {1, 10, 100}


@pytest.mark.parametrize("text", ["margin", "uherding,40:margin", "margin;0.1", "uherding,5:badge_shortlist;0.25"])
def test_an_arm_is_what_its_text_says(areas, text):
    from arms import Arm

    assert str(Arm.read(text)) == text


def test_an_arm_changes_where_the_policy_does(areas):
    from arms import Arm

    arm = Arm.of([10, 20, 30], ["uherding", "uherding", "margin"])
    assert str(arm) == "uherding,30:margin"
    assert [arm.strategy(labels) for labels in (10, 29, 30, 31)] == ["uherding", "uherding", "margin", "margin"]
