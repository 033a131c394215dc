"""Dawid and Skene by crowd-kit, in process: prints seconds, peak memory in MiB, and the share of right labels. Run by bench_crowd.py."""

import json
import resource
import sys
import time

import numpy as np
import pandas as pd
from crowdkit.aggregation import DawidSkene

found = np.load(sys.argv[1])
frame = pd.DataFrame({"task": found["instances"], "worker": found["annotators"], "label": found["labels"]})
started = time.perf_counter()
labels = DawidSkene(n_iter=int(sys.argv[2]), tol=1e-5).fit_predict(frame).sort_index()
seconds = time.perf_counter() - started
right = float(np.mean(labels.to_numpy() == found["truth"]))
print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, right]))
