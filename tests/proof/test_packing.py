"""What one process packs, another unpacks unchanged."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twinproof.proof.packing import pack, unpack

PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8))
DATA = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(max_size=8), inner, max_size=3),
    ),
    max_leaves=12,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DATA)
def test_plain_data_comes_back_with_its_types(tmp_path: Path, data: Any) -> None:
    pack(data, tmp_path, "data")
    there = unpack(tmp_path, "data")
    assert there == data
    assert repr(there) == repr(data)  # -0.0 and 0.0, True and 1 are equal.


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "uint8", "bool", "S3"])
def test_arrays_come_back_bit_by_bit(tmp_path: Path, dtype: str) -> None:
    array = np.arange(6).reshape(2, 3).astype(dtype)
    pack({"a": [array, {"b": (array[:0], array[0, 0], np.float32(1))}]}, tmp_path / "new", "data")
    there = unpack(tmp_path / "new", "data")
    first, second = there["a"][0], there["a"][1]["b"][0]
    assert (first.dtype, first.shape, first.tobytes()) == (array.dtype, array.shape, array.tobytes())
    assert (second.dtype, second.shape) == (array.dtype, (0, 3))


def test_what_is_not_data_is_kept_as_text(tmp_path: Path) -> None:
    pack({"a": abs, "b": np.bytes_(b"x")}, tmp_path, "data")
    assert unpack(tmp_path, "data") == {"a": "<built-in function abs>", "b": "b'x'"}
