"""scikit-activeml in process."""

import numpy as np
from skactiveml import pool
from skactiveml.base import SkactivemlClassifier
from skactiveml.classifier import ParzenWindowClassifier

METHODS = {
    "least_confidence": "least_confident",
    "margin": "margin_sampling",
    "entropy": "entropy",
    "vote_entropy": "vote_entropy",
    "bald": "KL_divergence",  # the mean divergence from the mean is BALD
}


class Told(SkactivemlClassifier):
    """Gives the predictions that are there, so that only the selection is timed."""

    def __init__(self, told=None, classes=None, missing_label=np.nan, cost_matrix=None, random_state=None):
        super().__init__(classes=classes, missing_label=missing_label, cost_matrix=cost_matrix, random_state=random_state)
        self.told = told

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.asarray(self.classes)
        return self

    def predict_proba(self, X):
        return self.told[: len(X)]

    def sample(self, X):
        return self.told


def prepare(task, arrays):
    if task.get("plan") == "parzen":
        return _parzen(task, arrays)
    return {"k_center": _k_center, "badge": _badge, "batch_bald": _committee, "bald": _committee, "vote_entropy": _committee}.get(
        task["strategy"], _uncertainty
    )(task, arrays)


def _told(told, classes):
    return Told(told, classes=list(range(classes))).fit(None, None)


def _uncertainty(task, arrays):
    told = arrays["probabilities"]
    classifier = _told(told, told.shape[1])
    query = pool.UncertaintySampling(method=METHODS[task["strategy"]], random_state=1)
    return _querying(query, np.zeros((len(told), 1), np.float32), task, clf=classifier, fit_clf=False)


def _committee(task, arrays):
    told = arrays["committee"]
    classifier = _told(told, told.shape[2])
    if task["strategy"] == "batch_bald":
        query = pool.BatchBALD(n_MC_samples=task["outcomes"], sample_predictions_method_name="sample", random_state=1)
    else:
        query = pool.QueryByCommittee(method=METHODS[task["strategy"]], sample_predictions_method_name="sample", random_state=1)
    return _querying(query, np.zeros((told.shape[1], 1), np.float32), task, ensemble=classifier, fit_ensemble=False)


def _querying(query, points, task, **model):
    labels = np.full(len(points), np.nan)
    return lambda: {"indices": query.query(points, labels, batch_size=task["count"], **model).tolist()}


def _k_center(task, arrays):
    points = np.concatenate((arrays["embeddings"], arrays["labelled.embeddings"]))
    labels = np.full(len(points), np.nan)
    labels[len(arrays["embeddings"]) :] = 0
    return lambda: {"indices": pool.CoreSet(random_state=1).query(points, labels, batch_size=task["count"]).tolist()}


def _badge(task, arrays):
    told = arrays["probabilities"]
    labels = np.full(len(told), np.nan)
    classifier = _told(told.astype(float), told.shape[1])
    query = pool.Badge(random_state=1)
    return lambda: {
        "indices": list(map(int, query.query(arrays["embeddings"], labels, classifier, fit_clf=False, batch_size=task["count"])))
    }


def _parzen(task, arrays):
    known, labels = arrays["labelled.embeddings"], arrays["labelled.classes"]
    everything = arrays["target.embeddings"]
    targets = np.concatenate((labels.astype(float), np.full(len(everything) - len(known), np.nan)))
    classifier = ParzenWindowClassifier(
        classes=list(range(task["class_count"])),
        metric="rbf",
        metric_dict={"gamma": task["gamma"]},
        class_prior=task["prior"],
        random_state=0,
    )
    query = pool.MonteCarloEER(method="misclassification_loss", subtract_current=True, random_state=0)

    def run():
        _, utilities = query.query(everything, targets, classifier, return_utilities=True)
        utilities = utilities[0, len(known) :]
        order = np.argsort(-utilities, kind="stable")[: task["count"]]
        return {"indices": order.tolist(), "scores": (utilities[order] / len(everything)).tolist()}

    return run
