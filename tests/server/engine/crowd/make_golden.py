"""Made golden.json with crowd-kit 1.4.2, which brings too much to be installed with every test run: python make_golden.py > golden.json."""

import json
import sys

import numpy as np
import pandas as pd
from crowdkit.aggregation import DawidSkene, OneCoinDawidSkene


def made(seed, classes):
    rng = np.random.default_rng(seed)
    truth, accuracy = rng.integers(0, classes, 60), rng.uniform(0.5, 0.95, 8)
    rows = []
    for task in range(60):
        for worker in sorted(rng.choice(8, 3, replace=False).tolist()):
            label = truth[task] if rng.random() < accuracy[worker] else (truth[task] + rng.integers(1, classes)) % classes
            rows.append((task, worker, int(label)))
    return rows


golden = []
for seed, classes in ((1, 2), (2, 4)):
    answers = made(seed, classes)
    frame = pd.DataFrame(answers, columns=["task", "worker", "label"])
    for method, kind in (("dawid_skene", DawidSkene), ("one_coin", OneCoinDawidSkene)):
        for rounds in (1, 7, 20):
            found = kind(n_iter=rounds, tol=-np.inf).fit(frame).probas_.sort_index()
            posteriors = found[sorted(found.columns)].to_numpy().round(12).tolist()
            golden.append({"method": method, "rounds": rounds, "classes": classes, "answers": answers, "posteriors": posteriors})
json.dump(golden, sys.stdout)
