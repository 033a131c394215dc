"""Querist over gRPC: arrays in, ranked indices out, whatever lies between."""

import numpy as np

from contestants.plans import selection
from contestants.servers import served


def prepare(task, arrays):
    way = task["way"]
    _, client = served(way, **task.get("settings", {}))
    client.select(np.full((20, 5), 0.2), strategy="margin", count=5)  # what a server does once
    arguments = selection(task, arrays, lambda model: client.upload_model(model).digest)

    def run():
        batch = client.select(**arguments())
        if way == "file" and client._sharing.directory is None:
            raise RuntimeError(f"no files were used: {client._sharing.problem}")
        return {"indices": batch.indices.tolist(), "scores": batch.scores.tolist(), "bytes kept": batch.statistics.bytes_kept}

    return run
