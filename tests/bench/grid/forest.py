"""A random forest without the checks that take nine tenths of the time where labels are few."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.tree._criterion import Gini
from sklearn.tree._splitter import BestSplitter
from sklearn.tree._tree import DepthFirstTreeBuilder, Tree


class Forest(ClassifierMixin, BaseEstimator):
    """Trees on bootstraps, each split by the best of the root of all columns: `RandomForestClassifier`, by what scikit-learn makes it of.

    Classes are numbers from 0, each with a label at least.
    """

    def __init__(self, trees: int = 20, random_state: int = 0) -> None:
        self.trees = trees
        self.random_state = random_state

    def fit(self, features: Any, labels: Any) -> Forest:
        """Learn."""
        rng = np.random.RandomState(self.random_state)
        table, count = features.astype(np.float32), len(labels)
        self.classes_, places = np.unique(labels, return_inverse=True)
        targets, classes = places.astype(float)[:, None], np.array([len(self.classes_)])
        tried = max(1, int(np.sqrt(features.shape[1])))
        self.trees_ = []
        for _ in range(self.trees):
            weights = np.bincount(rng.randint(0, count, count), minlength=count).astype(float)
            splitter = BestSplitter(Gini(1, classes), tried, 1, 0.0, rng, None)
            tree = Tree(features.shape[1], classes, 1)
            DepthFirstTreeBuilder(splitter, 2, 1, 0.0, np.iinfo(np.int32).max, 0.0).build(tree, table, targets, weights, None)
            self.trees_.append(tree)
        return self

    def predict_proba(self, features: Any) -> np.ndarray:
        """Return the mean of the trees' probabilities."""
        table = features.astype(np.float32)
        votes = sum(tree.predict(table).reshape(len(table), -1) for tree in self.trees_)
        return votes / votes.sum(axis=1, keepdims=True)

    def predict(self, features: Any) -> np.ndarray:
        """Return the likeliest classes."""
        return self.classes_[self.predict_proba(features).argmax(axis=1)]
