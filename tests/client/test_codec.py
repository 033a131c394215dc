import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from querist import codec
from querist.v1 import tensor_pb2

DTYPES = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"]


@given(hnp.arrays(st.sampled_from(DTYPES), hnp.array_shapes(max_dims=4, min_side=0)))
def test_arrays_come_back_bit_by_bit(array):
    back = codec.decode(codec.encode(array))
    assert back.shape == array.shape
    assert back.tobytes() == array.tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_type_in_every_order_and_layout(rng, dtype):
    array = (rng.random((6, 4)) * 100).astype(dtype)
    for form in (array, array.T, array[::-2], np.asfortranarray(array), array.astype(array.dtype.newbyteorder(">"))):
        back = codec.decode(codec.encode(form))
        np.testing.assert_array_equal(back, form)
        assert back.dtype.newbyteorder("=") == array.dtype


def test_bfloat16_is_the_upper_half_of_a_float32():
    values = np.array([0.0, -0.0, 1.0, -2.5, np.inf, -np.inf, np.nan, 1e-40], np.float32)
    bits = (values.view("<u4") >> 16).astype("<u2")
    message = codec.encode(bits.view(codec.BFLOAT16))
    assert message.dtype == tensor_pb2.DATA_TYPE_BFLOAT16
    wide = codec.widen(codec.decode(message))
    np.testing.assert_array_equal(wide, (bits.astype("<u4") << 16).view("<f4"))
    assert wide.dtype == np.float32


def test_typed_lists_stand_for_their_types():
    for name, message, dtype in (
        ("floats", tensor_pb2.FloatList(values=[1, 2]), "f4"),
        ("doubles", tensor_pb2.DoubleList(values=[1, 2]), "f8"),
        ("ints", tensor_pb2.Int64List(values=[1, 2]), "i8"),
    ):
        array = codec.decode(tensor_pb2.Tensor(shape=[2, 1], **{name: message}))
        np.testing.assert_array_equal(array, np.array([[1], [2]], dtype))
        assert array.dtype == dtype


@pytest.mark.parametrize("array", [np.array(["a"]), np.array([object()]), np.array([1j]), np.zeros(2, "datetime64[s]")])
def test_other_types_are_refused(array):
    with pytest.raises(TypeError, match="cannot be sent"):
        codec.encode(array)
