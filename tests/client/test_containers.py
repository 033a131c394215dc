"""What training stacks hold, without their libraries: doubles that look like theirs, and the real ones where they are installed."""

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import querist
from querist import codec
from querist._containers import is_batches, to_array, to_ids
from querist.errors import InvalidRequestError

ROWS = np.array([[0.9, 0.1], [0.4, 0.6], [0.5, 0.5]], np.float32)


class TorchLike:
    """What a torch tensor offers; `numpy` fails as the real one does while gradients or a device are attached."""

    def __init__(self, array, attached=True):
        self.array, self.attached = array, attached
        self.dtype = f"torch.{array.dtype}"

    def detach(self):
        return TorchLike(self.array, attached=False)

    def cpu(self):
        return self

    def numpy(self):
        if self.attached:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad.")
        return self.array


class BrainFloat(TorchLike):
    def __init__(self, bits):
        super().__init__(bits)
        self.dtype = "torch.bfloat16"

    def detach(self):
        return self

    def contiguous(self):
        return self

    def view(self, kind):
        assert kind == "int16"
        return TorchLike(self.array.view("i2"), attached=False)

    def numpy(self):
        raise TypeError("Got unsupported ScalarType BFloat16")


class ArrayLike:
    def __array__(self, dtype=None, copy=None):
        return ROWS


@pytest.mark.parametrize(
    "value",
    [
        ROWS,
        ROWS.tolist(),
        TorchLike(ROWS),
        ArrayLike(),
        pd.DataFrame(ROWS),
        SimpleNamespace(to_numpy=lambda: ROWS),
        tuple(map(tuple, ROWS.tolist())),
    ],
    ids=["numpy", "lists", "torch-like", "__array__", "pandas", "to_numpy", "tuples"],
)
def test_containers_become_arrays(value):
    np.testing.assert_allclose(to_array(value, "probabilities"), ROWS)


def test_torchs_bfloat16_is_kept_as_it_is(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(int16="int16"))
    bits = (ROWS.view("<u4") >> 16).astype("<u2")
    array = to_array(BrainFloat(bits), "logits")
    assert array.dtype == codec.BFLOAT16
    np.testing.assert_array_equal(array["bfloat16"], bits)


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (np.array([["a", "b"]]), "convert it to numbers"),
        (np.array([[1j]]), "convert it to numbers"),
        (np.array([[None]]), "convert it to numbers"),
        (np.ma.masked_array(ROWS), "exclude="),
        ([ROWS, ROWS], "pass iter"),
        ([[1.0], [1.0, 2.0]], "ragged"),
        (3.5, "which is no array"),
        ("margin", "which is no array"),
        ({"a": 1}, "which is no array"),
        (np.zeros(2, np.longdouble), "astype"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_the_way_to_mend_it(value, hint):
    with pytest.raises(InvalidRequestError, match=hint) as caught:
        to_array(value, "probabilities")
    assert caught.value.field == "probabilities"


def test_iterators_and_loaders_are_batches_and_arrays_are_not():
    assert is_batches(iter([ROWS]))
    assert is_batches(batch for batch in [ROWS])
    assert is_batches(type("Loader", (), {"__iter__": lambda self: iter([ROWS])})())
    for value in (ROWS, ROWS.tolist(), pd.DataFrame(ROWS), TorchLike(ROWS), None, "x", {"a": ROWS}):
        assert not is_batches(value)


def test_ids_are_plain_values():
    assert to_ids(pd.Series(["a", "b"])) == ["a", "b"]
    assert to_ids(np.array([3, 4])) == [3, 4]
    assert to_ids(range(2)) == [0, 1]


def test_a_data_frames_index_names_the_rows(client):
    frame = pd.DataFrame(ROWS, index=["x", "y", "z"])
    assert client.select(frame, strategy="margin", count=2).ids == ["z", "y"]


def test_the_row_at_fault_is_named_by_its_id(client):
    bad = ROWS.copy()
    bad[1] = 2
    with pytest.raises(InvalidRequestError) as caught:
        client.select(bad, strategy="margin", count=1, ids=["x", "y", "z"])
    assert (caught.value.row, caught.value.id, caught.value.field) == (1, "y", "pool.probabilities")


def test_logits_by_mistake_are_refused_with_the_argument_to_use(client):
    with pytest.raises(InvalidRequestError, match=r"in Python: logits=") as caught:
        client.select(np.random.default_rng(1).standard_normal((9, 4)) * 5, strategy="margin", count=1)
    assert caught.value.reason == "PROBABILITIES_LOOK_LIKE_LOGITS"


def test_the_package_is_light_and_needs_no_other():
    heavy = {"torch", "pandas", "scipy", "tqdm", "matplotlib", "sklearn", "onnxruntime", "querist_server"}
    code = f"import sys, querist; print({heavy} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "set()"


def test_all_exports_are_there():
    for name in querist.__all__:
        assert getattr(querist, name) is not None
