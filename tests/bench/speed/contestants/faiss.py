"""k-means by faiss in process, on all points, and the members nearest to the centres."""

import faiss

from contestants.scikit_learn import nearest_members


def prepare(task, arrays):
    points = arrays["embeddings"]

    def run():
        found = faiss.Kmeans(points.shape[1], task["count"], niter=10, seed=1, max_points_per_centroid=10**9)
        found.train(points)
        return {"indices": nearest_members(points, found.centroids)}

    return run
