import numpy as np
from drafts import drawn_up
from draws import fits
from querist_server.engine.choices.k_means_pp import KMeansPp
from querist_server.engine.pool import Side

POINTS = np.array([[0.0, 0], [1, 0], [0, 3], [4, 4], [6, 1]])


def test_the_first_draw_is_by_weight(rng):
    fits(lambda seed: drawn_up(KMeansPp(), 1, seed=seed, embeddings=POINTS).taken, [1] * 5, 1)
    values = np.array([1.0, 2, 3, 4, 5])
    choice = KMeansPp(weigh_by_score=True)
    fits(lambda seed: drawn_up(choice, 1, seed=seed, embeddings=POINTS, score=values).taken, values.tolist(), 1)


def test_a_draw_is_in_proportion_to_the_squared_distance_to_the_labelled_set():
    labelled = np.array([[0.5, 0.5], [5.0, 5.0]])
    squared = [min(((point - known) ** 2).sum() for known in labelled) for point in POINTS]
    side = Side(labelled_embeddings=labelled)
    fits(lambda seed: drawn_up(KMeansPp(), 1, seed=seed, side=side, embeddings=POINTS).taken, squared, 1)


def test_the_second_draw_is_in_proportion_to_weight_times_squared_distance_to_the_first():
    values = np.array([1.0, 2, 3, 4, 5])
    seen: dict[int, np.ndarray] = {}
    for seed in range(4000):
        first, second = drawn_up(KMeansPp(weigh_by_score=True), 2, seed=seed, embeddings=POINTS, score=values).taken.tolist()
        seen.setdefault(first, np.zeros(5))[second] += 1
    for first, counts in seen.items():
        weights = values * ((POINTS - POINTS[first]) ** 2).sum(axis=1)
        expected = weights / weights.sum()
        error = np.sqrt(expected * (1 - expected) / counts.sum())
        assert (np.abs(counts / counts.sum() - expected) < 5 * error + 1e-9).all()


def test_what_coincides_comes_last_by_score():
    points, values = np.array([[0.0], [0], [0], [1], [2]]), np.array([0.1, 0.9, 0.5, 0.2, 0.3])
    taken = drawn_up(KMeansPp(), 5, embeddings=points, score=values).taken.tolist()
    assert {points[row, 0] for row in taken[:3]} == {0, 1, 2}
    assert taken[3:] == sorted(taken[3:], key=lambda row: -values[row])
