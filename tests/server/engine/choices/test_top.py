import plain
import pytest
from engine import select


@pytest.mark.parametrize("count", [1, 10, 200, None])
def test_takes_the_highest_ties_to_the_lowest_index(rng, count):
    scores = rng.integers(0, 15, 200).astype(float)
    assert select("caller", {"scores": scores}, count=count).indices.tolist() == plain.ranking(scores.tolist())[:count]
