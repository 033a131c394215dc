"""A pool that is made on the way and never held, streamed to our server: a tenth of it, then all of it."""

import time

import numpy as np

from contestants.plans import selection
from contestants.servers import served


def prepare(task, arrays):
    _, client = served(task["way"])
    client.select(np.full((100, 10), 0.1), strategy="margin", count=1)  # what a server holds once it has worked

    def streamed(rows):
        arguments = selection({**task, "streamed": rows}, {}, str)()
        started = time.perf_counter()
        batch = client.select(**arguments)
        taken = time.perf_counter() - started
        if batch.statistics.rows != rows:
            raise RuntimeError(f"{batch.statistics.rows} rows came of {rows}")
        return taken, batch

    def run():
        tenth, _ = streamed(task["streamed"] // 10)
        seconds, batch = streamed(task["streamed"])
        return {
            "indices": batch.indices.tolist(),
            "seconds": seconds,
            "seconds of a tenth": tenth,
            "of linear": seconds / tenth / 10,
            "bytes kept": batch.statistics.bytes_kept,
        }

    return run
