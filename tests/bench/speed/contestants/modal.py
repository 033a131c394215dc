"""modAL in process."""

import numpy as np

np.__dict__["float"] = float  # which modAL 0.4.2 still asks for
from modAL import disagreement, uncertainty  # noqa: E402
from modAL.expected_error import expected_error_reduction  # noqa: E402
from modAL.models import ActiveLearner  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402

SCORED = {
    "least_confidence": uncertainty.uncertainty_sampling,
    "margin": uncertainty.margin_sampling,
    "entropy": uncertainty.entropy_sampling,
}
DISAGREED = {
    "vote_entropy": disagreement.vote_entropy_sampling,
    "consensus_entropy": disagreement.consensus_entropy_sampling,
    "max_kl": disagreement.max_disagreement_sampling,
}


class Told:
    """Gives the predictions that are there, so that only the selection is timed."""

    def __init__(self, predictions):
        self._predictions = predictions

    def predict_proba(self, X, **_):
        return self._predictions


class ToldCommittee:
    """The same of a committee: arrays (rows, members, classes) and votes."""

    def __init__(self, members):
        self._members = np.moveaxis(members, 0, 1)
        self.classes_ = np.arange(members.shape[2])

    def __len__(self):
        return self._members.shape[1]

    def vote(self, X, **_):
        return self._members.argmax(axis=2)

    def vote_proba(self, X, **_):
        return self._members

    def predict_proba(self, X, **_):
        return self._members.mean(axis=1)


def prepare(task, arrays):
    count = task["count"]
    if task.get("plan") == "parzen":
        return _refits(arrays, count)
    name = task["strategy"]
    if name in DISAGREED:
        committee = ToldCommittee(arrays["committee"])
        rows = np.zeros((arrays["committee"].shape[1], 1))
        return lambda: _found(DISAGREED[name](committee, rows, n_instances=count))
    model = Told(arrays["probabilities"])
    return lambda: _found(SCORED[name](model, arrays["probabilities"], n_instances=count))


def _refits(arrays, count):
    """Refits of a logistic regression, since modAL has no closed form: another criterion, so that only its time is compared."""
    learner = ActiveLearner(LogisticRegression(), X_training=arrays["labelled.embeddings"], y_training=arrays["labelled.classes"])
    return lambda: _found(expected_error_reduction(learner, arrays["embeddings"], loss="log", n_instances=count))


def _found(found):
    indices = found[0] if isinstance(found, tuple) else found
    return {"indices": np.asarray(indices).reshape(-1).tolist()}
