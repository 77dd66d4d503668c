"""The inputs of a model, as far as the model knows them: their structure, shapes and types."""

from __future__ import annotations

from typing import Any

import keras

from twinproof.proof.arrays import map_leaves
from twinproof.proof.keras_api import KERAS_2
from twinproof.proof.specs import Spec


def signature(model: keras.Model) -> Any:
    """Return the inputs of a model as nested specs; None if the model does not know them."""
    structure = getattr(model, "_nested_inputs" if KERAS_2 else "_inputs_struct", None)
    if structure is None and isinstance(model, keras.Sequential):
        inner = getattr(model, "_functional", None)
        structure = getattr(inner, "_inputs_struct", None)
    if structure is None:
        structure = getattr(model, "inputs", None)
    if structure is not None:
        if isinstance(structure, (list, tuple)) and len(structure) == 1:
            structure = structure[0]
        return map_leaves(_spec, structure)
    return _from_build_config(model)


def _spec(tensor: Any) -> Spec:
    dtype = tensor.dtype
    rows, *shape = tensor.shape
    return Spec(tuple(shape), str(getattr(dtype, "name", dtype)), rows)


def _from_build_config(model: keras.Model) -> Any:
    """Return the input with which a subclass was built or saved, if it is one shape."""
    get = getattr(model, "get_build_config", None)
    try:
        config = get() if get is not None else None
    except Exception:
        return None
    shape = (config or {}).get("input_shape")
    if not isinstance(shape, (list, tuple)) or not all(size is None or isinstance(size, int) for size in shape):
        return None
    dtype = "float32"
    return Spec(tuple(shape[1:]), dtype) if shape else None
