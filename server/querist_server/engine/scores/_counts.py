"""Counts of the classes around an instance: sent as evidence, or the kernel masses of the labelled set."""

from __future__ import annotations

import numpy as np

from querist_server.engine.part import FloatArray, Need
from querist_server.engine.pool import Block, Context, sent
from querist_server.engine.scores._parzen import LABELLED, windows


def required(counts: str) -> frozenset[Need]:
    """Return what must be sent for counts of a kind, a name of the contract's `Counts`."""
    return frozenset({Need.EVIDENCE}) if counts == "EVIDENCE" else LABELLED


def counted(counts: str, bandwidth: float | None, block: Block, context: Context) -> FloatArray:
    """Return the counts of each class around each row, shape (n, C)."""
    if counts == "EVIDENCE":
        return sent(block.evidence).astype(np.float64)
    return np.ascontiguousarray(windows(bandwidth, context).masses(sent(block.embeddings), context.checkpoint).T)
