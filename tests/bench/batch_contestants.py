"""One contestant of one row of bench_batches.py, once: makes the data, selects, prints seconds, peak memory and how good the batch is."""

import json
import re
import sys
import time
import warnings
from pathlib import Path

import numpy as np

warnings.simplefilter("ignore")


def blobs(rows, width, centres=50, spread=1.0):
    """Return a mixture of Gaussians in float32, and the cluster of each row."""
    rng = np.random.default_rng(7)
    middle = rng.standard_normal((centres, width)) * 3
    cluster = rng.integers(0, centres, rows)
    return (middle[cluster] + spread * rng.standard_normal((rows, width))).astype(np.float32), cluster


def predictions(rows, classes):
    return np.random.default_rng(8).dirichlet(np.full(classes, 0.5), rows).astype(np.float32)


def radius(points, chosen):
    """Return the largest distance of a point to the nearest that was chosen."""
    nearest = np.full(len(points), np.inf)
    for row in chosen:
        nearest = np.minimum(nearest, ((points - points[row]) ** 2).sum(axis=1))
    return float(np.sqrt(nearest.max()))


def coverage(points, chosen):
    """Return the facility-location objective with similarity (1 + cosine) / 2."""
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    return float(((1 + unit @ unit[list(chosen)].T) / 2).max(axis=1).sum())


def inertia(points, chosen):
    """Return the sum of squared distances to the nearest that was chosen."""
    nearest = np.full(len(points), np.inf)
    for row in chosen:
        nearest = np.minimum(nearest, ((points - points[row]) ** 2).sum(axis=1))
    return float(nearest.sum())


def spread(points, chosen):
    """Return the mean distance of the chosen to each other."""
    some = points[list(chosen)].astype(float)
    return float(np.mean([np.linalg.norm(some - one, axis=1).mean() for one in some]))


DATA = {
    "k_center_100": (lambda: blobs(50_000, 128)[0], 100, radius),
    "k_center_1000": (lambda: blobs(50_000, 128)[0], 1000, radius),
    "badge_100": (lambda: blobs(20_000, 64)[0], 100, spread),
    "facility_location_100": (lambda: blobs(10_000, 64)[0], 100, coverage),
    "k_means_100": (lambda: blobs(50_000, 64)[0], 100, inertia),
    "k_means_1000": (lambda: blobs(20_000, 64)[0], 1000, inertia),
}


def querist_batch(row, points, count):
    import querist
    from querist import parts

    plans = {
        "k_center": querist.Plan("random", "k_center"),
        "badge": querist.Plan("margin", "badge"),
        "facility_location": querist.Plan("random", parts.FacilityLocation(kernel="COSINE")),
        "k_means": querist.Plan("random", "k_means"),
    }
    plan = plans[row.rsplit("_", 1)[0]]
    rest = {"probabilities": predictions(len(points), 10)} if row.startswith("badge") else {}
    client = querist.local()
    client.select(np.full((20, 5), 0.2), strategy="margin", count=5)
    started = time.perf_counter()
    batch = client.select(embeddings=points, strategy=plan, count=count, seed=1, timeout=None, **rest)
    seconds = time.perf_counter() - started
    server = peak_mib(client._server.pid)
    client.close()
    return seconds, batch.indices.tolist(), server


def activeml_k_center(points, count):
    from skactiveml.pool import CoreSet

    labels = np.full(len(points), np.nan)
    started = time.perf_counter()
    chosen = CoreSet(random_state=1).query(points, labels, batch_size=count)
    return time.perf_counter() - started, chosen.tolist()


def activeml_badge(points, count):
    from skactiveml.base import SkactivemlClassifier
    from skactiveml.pool import Badge

    told = predictions(len(points), 10)

    class Told(SkactivemlClassifier):
        """Gives the predictions that are there, so that only the choice is timed."""

        def __init__(self, classes=None, missing_label=np.nan, cost_matrix=None, random_state=None):
            super().__init__(classes=classes, missing_label=missing_label, cost_matrix=cost_matrix, random_state=random_state)

        def fit(self, X, y, sample_weight=None):
            self.classes_ = np.arange(10)
            return self

        def predict_proba(self, X):
            return told[: len(X)].astype(float)

    labels = np.full(len(points), np.nan)
    labels[0] = 0
    classifier = Told(classes=list(range(10))).fit(points, labels)
    started = time.perf_counter()
    chosen = Badge(random_state=1).query(points, labels, classifier, fit_clf=False, batch_size=count)
    return time.perf_counter() - started, list(map(int, chosen))


def small_text_k_center(points, count):
    from small_text.query_strategies.coresets import greedy_coreset

    rows = np.arange(len(points))
    started = time.perf_counter()
    chosen = greedy_coreset(points, rows[1:], rows[:1], count, batch_size=10_000)
    return time.perf_counter() - started, np.asarray(chosen).tolist()


def sklearn_badge(points, count):
    """Run k-means++ on gradients that are written out, as implementations of BADGE commonly do."""
    from sklearn.cluster import kmeans_plusplus

    told = predictions(len(points), 10)
    started = time.perf_counter()
    residual = told.copy()
    residual[np.arange(len(told)), told.argmax(axis=1)] -= 1
    gradients = (residual[:, :, None] * points[:, None, :]).reshape(len(points), -1)
    _, chosen = kmeans_plusplus(gradients, count, random_state=1)
    return time.perf_counter() - started, chosen.tolist()


def apricot_facility_location(points, count):
    from apricot import FacilityLocationSelection

    started = time.perf_counter()
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    similarity = (1 + unit @ unit.T) / 2
    found = FacilityLocationSelection(count, metric="precomputed", optimizer="lazy", random_state=1).fit(similarity.astype(np.float64))
    return time.perf_counter() - started, found.ranking.tolist()


def sklearn_k_means(points, count):
    from sklearn.cluster import KMeans

    started = time.perf_counter()
    found = KMeans(count, n_init=1, max_iter=10, random_state=1).fit(points)
    chosen = nearest_members(points, found.cluster_centers_)
    return time.perf_counter() - started, chosen


def faiss_k_means(points, count):
    import faiss

    started = time.perf_counter()
    found = faiss.Kmeans(points.shape[1], count, niter=10, seed=1, max_points_per_centroid=10**9)
    found.train(points)
    chosen = nearest_members(points, found.centroids)
    return time.perf_counter() - started, chosen


def nearest_members(points, centres):
    squares = (points * points).sum(axis=1)
    return sorted({int((squares - 2 * points @ centre).argmin()) for centre in centres})


PEERS = {
    ("k_center", "scikit-activeml"): activeml_k_center,
    ("k_center", "small-text"): small_text_k_center,
    ("badge", "scikit-activeml"): activeml_badge,
    ("badge", "scikit-learn"): sklearn_badge,
    ("facility_location", "apricot"): apricot_facility_location,
    ("k_means", "scikit-learn"): sklearn_k_means,
    ("k_means", "faiss"): faiss_k_means,
}


def peak_mib(pid="self"):
    return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()).group(1)) / 1024


def main():
    row, name = sys.argv[1:]
    make, count, objective = DATA[row]
    points = make()
    if name == "querist":
        seconds, chosen, server = querist_batch(row, points, count)
        peak = [server, peak_mib()]
    else:
        seconds, chosen = PEERS[row.rsplit("_", 1)[0], name](points, count)
        peak = [peak_mib()]
    assert len(set(chosen)) == len(chosen), "an index twice"
    print(json.dumps({"seconds": seconds, "peak_mib": peak, "objective": objective(points, chosen), "first": chosen[:5]}))


if __name__ == "__main__":
    main()
