from collections.abc import Iterator

import numpy as np
import pytest
import querist


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20_240_229)


@pytest.fixture(scope="session")
def client() -> Iterator[querist.Client]:
    """A client of a real server in a process of its own, on a Unix socket."""
    with querist.local() as client:
        yield client
