"""Ask again, or anew? ActiveLab's advice beside uniform relabelling and always-new labelling, at an equal number of labels, on digits.

    python tests/bench/bench_ask_next.py [--seeds N]

Annotators are simulated: each is right with a probability of their own, and otherwise gives any other digit. Each arm begins with one label
for each of the same instances and asks for as many labels in each round, each of a random annotator who has not answered that instance.
Always new takes what the model is least sure of; once its pool of 500 is used up it relabels at random. Every arm trains the same random
forest on the consensus labels (CROWDLAB with out-of-fold probabilities) and is judged on test digits with true labels. Over gRPC.
"""

import argparse
import os
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import querist
from scipy import stats
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_predict

ARMS = ("ask next", "always new", "relabel")
POOL, FIRST, BATCH, ROUNDS = 500, 120, 60, 12
ANNOTATORS = (0.35, 0.45, 0.55, 0.65, 0.75, 0.85)


def model():
    return RandomForestClassifier(60, random_state=0)


class Crowd:
    """Simulated annotators, and what they have answered."""

    def __init__(self, truth, rng):
        self.truth, self.rng, self.answers = truth, rng, {}

    def ask(self, item):
        """Get one more answer, if somebody is left who has not answered."""
        left = [who for who in range(len(ANNOTATORS)) if (item, who) not in self.answers]
        if left:
            who = int(self.rng.choice(left))
            right = self.rng.random() < ANNOTATORS[who]
            self.answers[item, who] = int(self.truth[item] if right else (self.truth[item] + self.rng.integers(1, 10)) % 10)

    def columns(self):
        keys = sorted(self.answers)
        return {
            "instances": np.array([item for item, _ in keys]),
            "annotators": np.array([who for _, who in keys]),
            "labels": np.array([self.answers[key] for key in keys]),
        }


def run(address, seed):
    """Return the accuracy after each round of each arm, shape (arms, rounds + 1)."""
    warnings.simplefilter("ignore")
    features, labels = load_digits(return_X_y=True)
    features = features / 16
    order = np.random.default_rng(seed).permutation(len(labels))
    pool, test = order[:POOL], order[POOL:]
    found = np.empty((len(ARMS), ROUNDS + 1))
    with querist.connect(address) as client:
        for place, arm in enumerate(ARMS):
            rng = np.random.default_rng(seed * 10 + 1)
            crowd = Crowd(labels[pool], rng)
            for item in range(FIRST):
                crowd.ask(item)
            for number in range(ROUNDS + 1):
                columns = crowd.columns()
                asked = np.unique(columns["instances"])
                chances = out_of_sample(features[pool], columns, asked, client)
                fitted = model().fit(features[pool[asked]], consensus(client, columns, chances))
                found[place, number] = fitted.score(features[test], labels[test])
                for item in choose(client, arm, columns, asked, chances, rng):
                    crowd.ask(int(item))
    return found


def out_of_sample(features, columns, asked, client):
    """Return probabilities of all instances by models that have not learnt the instance's own labels."""
    majority = consensus(client, columns, None)
    chances = np.full((len(features), 10), 1e-3)
    known = np.unique(majority)
    counts = np.bincount(majority, minlength=10)
    folds = 5 if counts[known].min() >= 5 else 2
    chances[np.ix_(asked, known)] = cross_val_predict(model(), features[asked], majority, cv=folds, method="predict_proba")
    rest = np.setdiff1d(np.arange(len(features)), asked)
    if len(rest):
        chances[np.ix_(rest, known)] = model().fit(features[asked], majority).predict_proba(features[rest])
    return chances / chances.sum(axis=1, keepdims=True)


def consensus(client, columns, chances):
    answers = {"instance": columns["instances"], "annotator": columns["annotators"], "label": columns["labels"]}
    asked = np.unique(columns["instances"])
    more = {} if chances is None else {"probabilities": chances[asked], "ids": asked}
    found = client.assess_annotations(
        answers, classes=range(10), method="majority" if chances is None else "crowdlab", bootstrap_rounds=0, most_pairs=0, **more
    )
    return np.array(found.instances.consensus)


def choose(client, arm, columns, asked, chances, rng):
    if arm == "relabel":
        return rng.choice(asked, BATCH, replace=len(asked) < BATCH)
    full = np.flatnonzero(np.bincount(columns["instances"], minlength=POOL) >= len(ANNOTATORS))
    fresh = np.setdiff1d(np.arange(POOL), asked)
    if arm == "always new" and len(fresh) < BATCH:  # nothing else is new: the rest is asked again
        return np.concatenate((fresh, rng.choice(asked, BATCH - len(fresh))))
    exclude = asked if arm == "always new" else full
    return client.select(
        chances, keys=np.arange(POOL), answers=columns, strategy="active_lab", count=BATCH, exclude=exclude, seed=1
    ).indices


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=12)
    arguments = parser.parse_args()
    with querist.local() as client, ProcessPoolExecutor(os.cpu_count()) as pool:
        curves = np.stack(list(pool.map(run, [client.address] * arguments.seeds, range(arguments.seeds))))
    people = f"{len(ANNOTATORS)} annotators right {ANNOTATORS[0]:.0%} to {ANNOTATORS[-1]:.0%}"
    print(f"digits, a pool of {POOL}, {people}, {arguments.seeds} seeds; accuracy on test digits\n")
    print(f"| labels | {' | '.join(ARMS)} |\n|---|{'---|' * len(ARMS)}")
    for number in range(0, ROUNDS + 1, 3):
        print(
            f"| {FIRST + BATCH * number} | "
            + " | ".join(f"{100 * curves[:, place, number].mean():.1f}" for place in range(len(ARMS)))
            + " |"
        )
    worse = 0
    for place, arm in enumerate(ARMS[1:], 1):
        gain = 100 * (curves[:, 0, -1] - curves[:, place, -1])
        half = stats.t.ppf(0.975, len(gain) - 1) * gain.std(ddof=1) / np.sqrt(len(gain))
        interval = f"{gain.mean() - half:+.2f} to {gain.mean() + half:+.2f}"
        print(f"\nask next less {arm}, at the end: {gain.mean():+.2f} points (95 % interval {interval})")
        worse += gain.mean() - half <= 0
    return 1 if worse else 0


if __name__ == "__main__":
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    sys.exit(main())
