"""Functions of torch whose arguments PyTorch takes in several ways, or that it composes in Python itself."""

import builtins
import functools
import inspect
import itertools

from . import _factories, _routing, _types
from ._dispatch import _axes, apply
from ._joins import *  # noqa: F401,F403
from ._joins import broadcast_tensors, cat, meshgrid, stack  # noqa: F401
from ._products import *  # noqa: F401,F403
from ._reductions import *  # noqa: F401,F403
from ._reductions import all, any, max, mean, min, sum  # noqa: F401
from ._tensor import Tensor, bridge_recording, local


def _list(x):
    return list(x) if isinstance(x, (tuple, list)) else [x]


def where(condition, input=None, other=None):
    if input is None:
        return nonzero(condition, as_tuple=True)
    if isinstance(condition, Tensor) and isinstance(input, Tensor) and not isinstance(other, Tensor):
        other = local((), input.dtype if not _wider(other, input) else _types.float32, None)
    elif isinstance(other, Tensor) and not isinstance(input, Tensor):
        input = local((), other.dtype if not _wider(input, other) else _types.float32, None)
    elif not isinstance(input, Tensor):
        kind = _types.float32 if isinstance(input, float) or isinstance(other, float) else _types.int64
        input, other = local((), kind), local((), kind)
    return apply("where", (condition, input, other), None, "torch.where")


def _wider(number, tensor):
    return isinstance(number, float) and tensor.dtype.kind not in "fc"


def _place(i, shape):
    place = []
    for d in reversed(shape):
        place.append(i % d)
        i //= d
    return place[::-1]


def argwhere(input):
    return nonzero(input)


def masked_select(input, mask, *, out=None):
    count = _routing.mask_count(mask)
    return apply("masked_select", (input, mask), None, "torch.masked_select") if count is None else input[mask]


def nonzero(input, *, as_tuple=False):
    count = _routing.mask_count(input)
    if count is not None:
        found = [_factories.empty(count, dtype=_types.int64) for _ in input.shape]
        return tuple(found) if as_tuple else stack(found, 1)
    if input._known():
        places = [i for i, x in enumerate(input._contents("nonzero()")) if x]
        rows = [_place(i, input.shape) for i in places]
        found = [local((len(rows),), _types.int64, [r[k] for r in rows]) for k in range(len(input.shape))]
        return tuple(found) if as_tuple else local((len(rows), len(input.shape)), _types.int64, [x for r in rows for x in r])
    found = apply("nonzero", (input,), None, "torch.nonzero")
    return found.unbind(1) if as_tuple else found


def equal(input, other):
    if input.shape != other.shape:
        return False
    return builtins.bool(apply("eq", (input, other), None, "torch.equal").all())


def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    return builtins.all(abs(a - b) <= atol + rtol * abs(b) for a, b in zip(input._contents("allclose()"), other._contents("allclose()")))


def unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None):
    known = input._contents("unique()")
    values = builtins.sorted(set(known))
    out = [local((len(values),), input.dtype, values)]
    if return_inverse:
        out.append(local(input.shape, _types.int64, [values.index(x) for x in known]))
    if return_counts:
        out.append(local((len(values),), _types.int64, [known.count(x) for x in values]))
    return out[0] if len(out) == 1 else tuple(out)


def unique_consecutive(input, return_inverse=False, return_counts=False, dim=None):
    if input._known() and (dim is None or input.dim() == 1):
        runs = [(value, len(list(run))) for value, run in itertools.groupby(input._contents("unique_consecutive()"))]
        inverse = [i for i, (_, n) in enumerate(runs) for _ in range(n)]
        values = local((len(runs),), input.dtype, [v for v, _ in runs])
        found = (values, local(input.shape, _types.int64, inverse), local((len(runs),), _types.int64, [n for _, n in runs]))
    else:
        found = apply("unique_consecutive", (input, return_inverse, return_counts, dim), None, "torch.unique_consecutive")
    chosen = [f for f, wanted in zip(found, (True, return_inverse, return_counts)) if wanted]
    return chosen[0] if len(chosen) == 1 else tuple(chosen)


def bincount(input, weights=None, minlength=0):
    if weights is None and input._known() and _routing.of(input) is None:
        known = input._contents("bincount()")
        n = builtins.max([minlength, *[x + 1 for x in known]])
        return local((n,), _types.int64, [known.count(i) for i in range(n)])
    return apply("bincount", (input, weights, minlength), None, "torch.bincount")


def unflatten(input, dim, sizes):
    return apply("unflatten", (input, dim, list(sizes)), None, "torch.unflatten")


def flatten(input, start_dim=0, end_dim=-1):
    return apply("flatten", (input, start_dim, end_dim), None, "torch.flatten")


def squeeze(input, dim=None):
    if dim is None:
        return apply("squeeze", (input,), None, "torch.squeeze")
    return apply("squeeze", (input, list(dim) if isinstance(dim, (tuple, list)) else dim), None, "torch.squeeze")


def movedim(input, source, destination):
    source, destination = _list(source), _list(destination)
    n = len(input.shape)
    order = [None] * n
    for s, d in zip(source, destination):
        order[d % n] = s % n
    rest = iter([i for i in range(n) if i not in [s % n for s in source]])
    return input.permute(*[next(rest) if o is None else o for o in order])


moveaxis = movedim


def swapaxes(input, axis0, axis1):
    return apply("transpose", (input, axis0, axis1), None, "torch.transpose")


swapdims = swapaxes


def roll(input, shifts, dims=None):
    return apply("roll", (input, _list(shifts), [] if dims is None else _list(dims)), None, "torch.roll")


def clamp(input, min=None, max=None, *, out=None):
    return apply("clamp", (input, min, max), None, "torch.clamp")


clip = clamp


def repeat_interleave(input, repeats, dim=None, *, output_size=None):
    if isinstance(repeats, Tensor) and repeats._known() and repeats.numel() == 1:
        repeats = builtins.int(repeats)
    if dim is None:
        input, dim = input.flatten(), 0
    if isinstance(repeats, builtins.int):
        n = len(input.shape)
        dim = dim % n
        times = [1] * (n + 1)
        times[dim + 1] = repeats
        return input.unsqueeze(dim + 1).repeat(*times).flatten(dim, dim + 1)
    counts = [builtins.int(c) for c in repeats._contents("repeat_interleave()")]
    parts = [
        input.narrow(dim, i, 1).repeat(*[c if a == dim % len(input.shape) else 1 for a in range(len(input.shape))])
        for i, c in enumerate(counts)
        if c
    ]
    return cat(parts, dim)


def numel(input):
    return input.numel()


def is_tensor(obj):
    return isinstance(obj, Tensor)


def is_floating_point(input):
    return input.is_floating_point()


def is_complex(input):
    return input.is_complex()


def is_nonzero(input):
    return builtins.bool(input)


def result_type(a, b):
    to = lambda x: x.dtype if isinstance(x, Tensor) else _types.float32 if isinstance(x, float) else _types.int64
    return _types.promote_types(to(a), to(b))


def can_cast(from_, to):
    order = {"b": 0, "i": 1, "f": 2, "c": 3}
    return order[from_.kind] <= order[to.kind]


def _renamed(name, to):
    def run(*args, **kwargs):
        _axes(kwargs)
        return apply(to, args, kwargs, "torch." + name)

    run.__name__ = name
    return run


multiply = _renamed("multiply", "mul")
divide = _renamed("divide", "div")
true_divide = _renamed("true_divide", "div")
subtract = _renamed("subtract", "sub")
absolute = _renamed("absolute", "abs")
negative = _renamed("negative", "neg")


def clone(input, *, memory_format=None):
    return input.clone()


def detach(input):
    return input.detach()


def diff(input, n=1, dim=-1, prepend=None, append=None):
    for _ in range(n):
        m = input.shape[dim]
        input = input.narrow(dim, 1, m - 1) - input.narrow(dim, 0, m - 1)
    return input


def tril(input, diagonal=0):
    return apply("tril", (input, diagonal), None, "torch.tril")


def triu(input, diagonal=0):
    return apply("triu", (input, diagonal), None, "torch.triu")


def sym_not(x):
    return not x


def _aliased(function):
    """NumPy's spellings for a function that has `dim`: `axis`, `keepdims`, and `input` under the name `x`."""

    @functools.wraps(function)
    def run(*args, **kwargs):
        _axes(kwargs)
        return function(*args, **kwargs)

    return run


for _name, _function in list(globals().items()):
    if inspect.isfunction(_function) and _function.__module__.startswith("torch._") and not _name.startswith("_"):
        if "dim" in inspect.signature(_function).parameters or "dims" in inspect.signature(_function).parameters:
            globals()[_name] = _aliased(_function)
