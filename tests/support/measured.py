"""How many distances are measured."""

from types import ModuleType

import pytest
from querist_server.engine.kernels import distances


def measured_by(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows by the number of distances of each measurement that a module asks for."""
    counts: list[int] = []
    squared_to = distances.squared_to

    def counted(points, centre, checkpoint, among=None):
        counts.append(len(points) if among is None else len(among))
        return squared_to(points, centre, checkpoint, among)

    monkeypatch.setattr(module, "squared_to", counted)
    return counts
