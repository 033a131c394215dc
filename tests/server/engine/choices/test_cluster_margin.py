import numpy as np
from drafts import drawn_up
from querist_server.engine.choices.cluster_margin import ClusterMargin


def test_small_clusters_first_and_one_of_each_a_round(rng):
    sizes = [5, 30, 15, 50]
    centres = rng.standard_normal((4, 3)) * 60
    points = np.vstack([centre + rng.standard_normal((size, 3)) for centre, size in zip(centres, sizes, strict=True)])
    of = np.repeat(np.arange(4), sizes)
    taken = drawn_up(ClusterMargin(rows_per_cluster=25.0), 40, embeddings=points).taken
    assert of[taken[:4]].tolist() == [0, 2, 1, 3]
    assert of[taken[4:8]].tolist() == [0, 2, 1, 3]
    assert np.bincount(of[taken[:20]]).tolist() == [5, 5, 5, 5]
    assert np.bincount(of[taken[:23]]).tolist() == [5, 6, 6, 6]
    assert len(set(taken.tolist())) == 40


def test_members_are_drawn_at_random(rng):
    points = np.vstack((rng.standard_normal((10, 2)), 90 + rng.standard_normal((30, 2))))
    firsts = np.bincount([drawn_up(ClusterMargin(), 1, seed=seed, embeddings=points).taken[0] for seed in range(1500)], minlength=40)
    assert firsts[10:].sum() == 0
    assert np.abs(firsts[:10] - 150).max() < 5 * np.sqrt(150)


def test_all_are_taken_in_the_end(rng):
    taken = drawn_up(ClusterMargin(rows_per_cluster=3.0), 50, embeddings=rng.standard_normal((50, 2))).taken
    assert sorted(taken.tolist()) == list(range(50))
