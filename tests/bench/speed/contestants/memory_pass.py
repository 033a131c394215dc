"""One pass over the data in memory, on all processors: the largest number of each array."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np


def prepare(task, arrays):
    threads = ThreadPoolExecutor(os.cpu_count())
    pieces = [piece for array in arrays.values() for piece in np.array_split(array.reshape(-1), os.cpu_count())]

    def run():
        list(threads.map(np.max, pieces))
        return {}

    return run
