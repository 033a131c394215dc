import numpy as np
import pytest
from drafts import drawn_up
from querist_server.engine.choices.typiclust import Typiclust
from querist_server.engine.pool import Side


def blobs(rng, sizes, width=3):
    centres = rng.standard_normal((len(sizes), width)) * 40
    return np.vstack([centre + rng.standard_normal((size, width)) for centre, size in zip(centres, sizes, strict=True)]), centres


def typicality(points, row, neighbours):
    gaps = np.sort(np.linalg.norm(points - points[row], axis=1))[1 : neighbours + 1]
    return 1 / (gaps.mean() + 1e-5)


def test_the_most_typical_of_each_cluster_the_largest_first(rng):
    sizes = [12, 40, 25]
    points, _ = blobs(rng, sizes)
    taken = drawn_up(Typiclust(), 3, embeddings=points).taken.tolist()
    starts = np.cumsum([0, *sizes])
    expected = []
    for blob in (1, 2, 0):
        mine = points[starts[blob] : starts[blob + 1]]
        scores = [typicality(mine, row, min(20, len(mine) // 2)) for row in range(len(mine))]
        expected.append(int(starts[blob] + np.argmax(scores)))
    assert taken == expected


def test_clusters_without_labels_come_first(rng):
    points, centres = blobs(rng, [30, 30, 30, 30])
    side = Side(labelled_embeddings=centres[[1, 2]])
    taken = drawn_up(Typiclust(), 2, side=side, embeddings=points).taken
    assert sorted(taken // 30) == [0, 3]


def test_tiny_clusters_are_passed_over_as_long_as_there_are_others(rng):
    points, _ = blobs(rng, [30, 3, 30])
    taken = drawn_up(Typiclust(), 3, embeddings=points).taken
    assert sorted(taken[:2] >= 33) == [False, True]
    assert 30 <= taken[2] < 33


@pytest.mark.parametrize("count", [1, 7, 63])
def test_more_than_clusters_goes_round_again(rng, count):
    points, _ = blobs(rng, [30, 3, 30])
    taken = drawn_up(Typiclust(most_clusters=3), count, embeddings=points).taken
    assert len(set(taken.tolist())) == count
