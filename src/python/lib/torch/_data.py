"""Tensors from nested lists of numbers, arrays and tensors; and legacy dtypes."""

import builtins

from . import _dispatch, _types
from ._making import _default, local


def from_data(data, dtype=None):
    """torch.tensor: nested lists of numbers, or whatever can be read as such."""
    if isinstance(data, _dispatch.Tensor):
        return data.clone() if dtype is None else data.to(dtype)
    shape, found, known = _parts(data)
    dtype = dtype or found or _default[0]
    if known is None or dtype.kind == "c":
        return local(shape, dtype)
    if dtype.kind == "i":
        known = [x if hasattr(x, "_formula") else builtins.int(x) for x in known]
    elif dtype.kind == "b":
        known = [builtins.int(builtins.bool(x)) for x in known]
    return local(shape, dtype, known)


def _parts(data):
    """Shape, dtype and elements of numbers, tensors and arrays in nested sequences; None for what is not known."""
    own = getattr(data, "__opcount_array__", None)
    if own is not None and not isinstance(data, type):
        shape, name, known = own()
        return tuple(shape), _types.dtype._known.get(name, _types.float32), known
    if isinstance(data, (builtins.bool, builtins.int)) or hasattr(data, "_formula"):
        return (), _types.bool if isinstance(data, builtins.bool) else _types.int64, [data]
    if isinstance(data, builtins.float):
        return (), _default[0], [data]
    if isinstance(data, builtins.complex):
        return (), _default[0].to_complex(), None
    if hasattr(data, "__opcount_wire__"):
        data.__opcount_wire__()  # a stand-in refuses here, in its own words
    if hasattr(data, "__len__") and not isinstance(data, (str, bytes, dict)) or isinstance(data, range):
        return _joined([_parts(x) for x in data])
    raise TypeError(f"Could not infer dtype of {type(data).__name__}")


def _joined(parts):
    if not parts:
        return (0,), _default[0], []
    shape, dtype, _ = parts[0]
    for s, d, _ in parts[1:]:
        if s != shape:
            raise ValueError(f"expected sequence of length {shape[0] if shape else 1} at dim 1 (got {s[0] if s else 1})")
        dtype = _types.promote_types(dtype, d) if dtype is not d else d
    known = None if any(p[2] is None for p in parts) else [x for p in parts for x in p[2]]
    return (len(parts), *shape), dtype, known


_LEGACY_NAMES = {
    "float32": "FloatTensor",
    "float64": "DoubleTensor",
    "float16": "HalfTensor",
    "bfloat16": "BFloat16Tensor",
    "int64": "LongTensor",
    "int32": "IntTensor",
    "int16": "ShortTensor",
    "int8": "CharTensor",
    "uint8": "ByteTensor",
    "bool": "BoolTensor",
}


def legacy_dtype(name):
    """`torch.cuda.FloatTensor` → torch.float32."""
    last = name.rpartition(".")[2]
    for known, legacy in _LEGACY_NAMES.items():
        if last in (legacy, known):
            return _types.dtype._known[known]
    raise ValueError(f"invalid type: '{name}'")
