"""One contestant of one row of bench_error_reduction.py, once: makes the data, scores, prints seconds, peak memory and what came first."""

import json
import sys
import time
import warnings

import numpy as np
from batch_contestants import peak_mib

warnings.simplefilter("ignore")

CLASSES, WIDTH, KNOWN = 3, 20, 30
GAMMA, PRIOR = 0.05, 0.1
FIRST = 10


def small(pool):
    """Return embeddings of a small pool, those of labelled instances, and their classes."""
    rng = np.random.default_rng(pool)
    labels = rng.integers(0, CLASSES, KNOWN + pool)
    points = rng.standard_normal((KNOWN + pool, WIDTH)) + 1.5 * np.eye(WIDTH)[labels]
    return points[KNOWN:], points[:KNOWN], labels[:KNOWN]


def querist_small(points, known, labels):
    """The whole call: arrays in, ranked indices out, over a Unix socket; the median of some, as a loop would see it."""
    import querist

    plan = querist.Plan(querist.parts.ParzenErrorReduction(evaluation="target", bandwidth=GAMMA**-0.5, prior=PRIOR), querist.parts.Top())
    everything = np.concatenate((known, points))
    with querist.local() as client:
        client.info()
        seconds = []
        for _ in range(9):
            started = time.perf_counter()
            batch = client.select(
                embeddings=points,
                labelled={"embeddings": known, "classes": labels},
                target={"embeddings": everything},
                class_count=CLASSES,
                strategy=plan,
                count=FIRST,
            )
            seconds.append(time.perf_counter() - started)
        server = peak_mib(client._server.pid)
    return sorted(seconds)[4], batch.indices.tolist(), (batch.scores * len(everything)).tolist(), [server, peak_mib()]


def activeml_small(points, known, labels):
    from skactiveml.classifier import ParzenWindowClassifier
    from skactiveml.pool import MonteCarloEER

    classifier = ParzenWindowClassifier(
        classes=list(range(CLASSES)), metric="rbf", metric_dict={"gamma": GAMMA}, class_prior=PRIOR, random_state=0
    )
    strategy = MonteCarloEER(method="misclassification_loss", subtract_current=True, random_state=0)
    everything = np.concatenate((known, points))
    targets = np.concatenate((labels.astype(float), np.full(len(points), np.nan)))
    started = time.perf_counter()
    _, utilities = strategy.query(everything, targets, classifier, return_utilities=True)
    seconds = time.perf_counter() - started
    utilities = utilities[0, KNOWN:]
    order = np.argsort(-utilities, kind="stable")[:FIRST]
    return seconds, order.tolist(), utilities[order].tolist(), [peak_mib()]


def modal_small(points, known, labels):
    """Refits of a logistic regression, since modAL has no closed form: another criterion, so that only its time is compared."""
    np.__dict__["float"] = float  # which modAL 0.4.2 still asks for
    from modAL.expected_error import expected_error_reduction
    from modAL.models import ActiveLearner
    from sklearn.linear_model import LogisticRegression

    learner = ActiveLearner(LogisticRegression(), X_training=known, y_training=labels)
    started = time.perf_counter()
    found = expected_error_reduction(learner, points, loss="log", n_instances=FIRST)
    seconds = time.perf_counter() - started
    indices = np.asarray(found[0] if isinstance(found, tuple) else found).reshape(-1)[:FIRST]
    return seconds, indices.astype(int).tolist(), None, [peak_mib()]


CONTESTANTS = {"querist": querist_small, "scikit-activeml": activeml_small, "modAL": modal_small}


def querist_large(row):
    """Large rows, where nobody else can follow."""
    import querist

    rng = np.random.default_rng(3)
    rows, classes = 100_000, 10
    labelled = {"embeddings": rng.standard_normal((200, 64)).astype(np.float32), "classes": rng.integers(0, classes, 200)}
    data = {
        "parzen": lambda: {"embeddings": rng.standard_normal((rows, 64)).astype(np.float32), "labelled": labelled, "class_count": classes},
        "committee": lambda: {"committee": rng.dirichlet(np.ones(classes), (10, rows)).astype(np.float32)},
        "ridge": lambda: {
            "embeddings": rng.standard_normal((rows, 256)).astype(np.float32),
            "probabilities": rng.dirichlet(np.ones(classes), rows).astype(np.float32),
        },
    }
    parts = querist.parts
    plans = {
        "parzen_zero_one": ("parzen", parts.ParzenErrorReduction()),
        "parzen_log": ("parzen", parts.ParzenErrorReduction(loss="log")),
        "xpal": ("parzen", parts.Xpal()),
        "logistic_zero_one": ("parzen", parts.LogisticErrorReduction()),
        "field_3000_nodes": ("parzen", parts.FieldErrorReduction()),
        "committee_brier": ("committee", parts.CommitteeErrorReduction()),
        "ridge_brier": ("ridge", parts.RidgeErrorReduction()),
    }
    kind, score = plans[row]
    arrays = data[kind]()
    with querist.local(timeout=600) as client:
        started = time.perf_counter()
        batch = client.select(**arrays, strategy=querist.Plan(score), count=100, seed=1)
        seconds = time.perf_counter() - started
        server = peak_mib(client._server.pid)
    of_server = sum(batch.timings[stage] for stage in ("DECODE", "SCORE", "CHOOSE"))
    return {"seconds": seconds, "server_seconds": of_server, "peak_mib": [server, peak_mib()], "kept": batch.statistics.bytes_kept / 2**20}


def main():
    row, name = sys.argv[1:]
    if not row.isdigit():
        print(json.dumps(querist_large(row)))
        return
    points, known, labels = small(int(row))
    seconds, indices, scores, peak = CONTESTANTS[name](points, known, labels)
    print(json.dumps({"seconds": seconds, "first": indices, "scores": scores, "peak_mib": peak}))


if __name__ == "__main__":
    main()
