"""Tensors from nothing. Within a run they are operators that write memory; outside they are constants of the program."""

import builtins
import math

from . import _types
from ._dispatch import apply
from ._tensor import MAX_KNOWN, Tensor, _default, bridge_recording, from_data, local, size_of


def _shape(args, kwargs):
    size = kwargs.pop("size", None)
    if size is None:
        size = args[0] if len(args) == 1 and isinstance(args[0], (tuple, list)) else args
    return size_of((size,) if isinstance(size, builtins.int) else size)


def _finish(name, shape, dtype, value, kwargs):
    """`value`: one number for all, a list of them, or None."""
    requires_grad = kwargs.get("requires_grad", False)
    n = shape.numel()
    known = None
    if value is not None and not hasattr(n, "_formula") and n <= MAX_KNOWN:
        known = value if isinstance(value, list) else [value] * n
    if not bridge_recording():
        made = local(shape, dtype, known)
    else:
        made = apply("empty", (list(shape),), {"dtype": dtype}, "torch." + name)
        if known is not None:
            made._value, made._told = known, False
    if known is None and value is not None and not isinstance(value, list):
        from . import _uniform

        _uniform.mark(made, value)
    made.requires_grad = requires_grad
    if kwargs.get("device") is not None:
        made._device = _types.device(kwargs["device"])
    return made


def _filled(name, value):
    def factory(*args, dtype=None, **kwargs):
        shape = _shape(args, kwargs)
        dtype = dtype or kwargs.pop("_dtype", None) or _default[0]
        return _finish(name, shape, dtype, value, kwargs)

    factory.__name__ = name
    return factory


zeros = _filled("zeros", 0)
ones = _filled("ones", 1)
empty = _filled("empty", None)
rand = _filled("rand", None)
randn = _filled("randn", None)


def _alike(name, value):
    def factory(input, *, dtype=None, **kwargs):
        kwargs.pop("memory_format", None)
        return _finish(name + "_like", input.shape, dtype or input.dtype, value, kwargs)

    factory.__name__ = name + "_like"
    return factory


zeros_like = _alike("zeros", 0)
ones_like = _alike("ones", 1)
empty_like = _alike("empty", None)
rand_like = _alike("rand", None)
randn_like = _alike("randn", None)


def full(size, fill_value, *, dtype=None, **kwargs):
    dtype = dtype or _dtype_of(fill_value)
    return _finish("full", _shape((size,), {}), dtype, _number(fill_value), kwargs)


def full_like(input, fill_value, *, dtype=None, **kwargs):
    kwargs.pop("memory_format", None)
    return _finish("full_like", input.shape, dtype or input.dtype, _number(fill_value), kwargs)


def _number(x):
    if isinstance(x, Tensor):
        return x.item() if x._known() else None
    return builtins.int(x) if isinstance(x, builtins.bool) else x if math.isfinite(x) else None


def _dtype_of(x):
    if isinstance(x, Tensor):
        return x.dtype
    if isinstance(x, builtins.bool):
        return _types.bool
    return _types.int64 if isinstance(x, builtins.int) else _default[0]


def empty_strided(size, stride, *, dtype=None, **kwargs):
    return _finish("empty", size_of(size), dtype or _default[0], None, kwargs)


def randint(*args, dtype=None, **kwargs):
    size = kwargs.pop("size", None)
    size = args[-1] if size is None else size
    kwargs.pop("generator", None)
    return _finish("randint", size_of(size), dtype or _types.int64, None, kwargs)


def randint_like(input, *args, dtype=None, **kwargs):
    return _finish("randint", input.shape, dtype or input.dtype, None, kwargs)


def randperm(n, *, dtype=None, **kwargs):
    return _finish("randperm", size_of((n,)), dtype or _types.int64, None, kwargs)


def normal(mean=0.0, std=1.0, size=None, **kwargs):
    shape = size if size is not None else mean.shape if isinstance(mean, Tensor) else std.shape
    return _finish("normal", size_of(shape), _default[0], None, kwargs)


def bernoulli(input, **kwargs):
    return _finish("bernoulli", input.shape, input.dtype, None, {})


def arange(*args, dtype=None, **kwargs):
    named = [kwargs.pop(k) for k in ("start", "end", "step") if k in kwargs]
    args = [a.item() if isinstance(a, Tensor) else a for a in (*args, *named)]
    start, end, step = (0, args[0], 1) if len(args) == 1 else (*args, 1)[:3]
    if dtype is None:
        dtype = _default[0] if any(isinstance(a, builtins.float) for a in (start, end, step)) else _types.int64
    if any(hasattr(a, "_formula") for a in (start, end, step)):
        return apply("arange", (start, end, step), {"dtype": dtype}, "torch.arange")
    n = max(0, math.ceil((end - start) / step))
    known = [start + i * step for i in range(n)] if n <= MAX_KNOWN else None
    return _finish("arange", size_of((n,)), dtype, known, kwargs)


def linspace(start, end, steps, *, dtype=None, **kwargs):
    start, end = (x.item() if isinstance(x, Tensor) else x for x in (start, end))
    known = None
    if steps <= MAX_KNOWN:
        width = (end - start) / (steps - 1) if steps > 1 else 0.0
        known = [start + width * i if i < steps // 2 or steps == 1 else end - width * (steps - 1 - i) for i in range(steps)]
    dtype = dtype or _default[0]
    if dtype.kind == "i" and known is not None:
        known = [builtins.int(x) for x in known]
    return _finish("linspace", size_of((steps,)), dtype, known, kwargs)


def logspace(start, end, steps, base=10.0, *, dtype=None, **kwargs):
    line = linspace(start, end, steps)._value
    known = [base**x for x in line] if line is not None else None
    return _finish("logspace", size_of((steps,)), dtype or _default[0], known, kwargs)


def eye(n, m=None, *, dtype=None, **kwargs):
    m = n if m is None else m
    known = [builtins.int(i == j) for i in range(n) for j in range(m)] if n * m <= MAX_KNOWN else None
    return _finish("eye", size_of((n, m)), dtype or _default[0], known, kwargs)


def tensor(data, *, dtype=None, device=None, requires_grad=False, pin_memory=False):
    made = from_data(data, dtype)
    made.requires_grad = requires_grad
    return made


def as_tensor(data, dtype=None, device=None):
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    return from_data(data, dtype)


def asarray(obj, *, dtype=None, device=None, copy=None, requires_grad=False):
    return as_tensor(obj, dtype)


def from_numpy(array):
    return from_data(array)


def scalar_tensor(value, *, dtype=None, **kwargs):
    return from_data(value, dtype or _default[0])


def complex(real, imag):
    return local(real.shape, real.dtype.to_complex())


def tril_indices(row, col, offset=0, *, dtype=None, **kwargs):
    pairs = [(i, j) for i in range(row) for j in range(col) if j - i <= offset]
    return _indices(pairs, dtype)


def triu_indices(row, col, offset=0, *, dtype=None, **kwargs):
    pairs = [(i, j) for i in range(row) for j in range(col) if j - i >= offset]
    return _indices(pairs, dtype)


def _indices(pairs, dtype):
    flat = [p[0] for p in pairs] + [p[1] for p in pairs]
    return local((2, len(pairs)), dtype or _types.int64, flat)


def _window(name, of):
    def factory(window_length, periodic=True, *, dtype=None, **kwargs):
        n = window_length if periodic else window_length - 1
        known = [of(i, n or 1) for i in range(window_length)] if window_length <= MAX_KNOWN else None
        return _finish(name, size_of((window_length,)), dtype or _default[0], known, kwargs)

    factory.__name__ = name
    return factory


hann_window = _window("hann_window", lambda i, n: 0.5 - 0.5 * math.cos(2 * math.pi * i / n))
hamming_window = _window("hamming_window", lambda i, n: 0.54 - 0.46 * math.cos(2 * math.pi * i / n))
