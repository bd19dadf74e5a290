"""Functions that PyTorch makes of others: integrals, statistics, special functions, pieces and joins of tensors."""

import builtins
import itertools
import math

from . import _factories, _functions, _joins, _types
from ._dispatch import apply
from ._tensor import Tensor, local


def _like(name, of):
    """A function that does for each element what another does."""

    def run(*args, out=None, **kwargs):
        return apply(of, args, kwargs, "torch." + name)

    run.__name__ = name
    return run


logaddexp2 = _like("logaddexp2", "logaddexp")
igamma, igammac = _like("igamma", "xlogy"), _like("igammac", "xlogy")
conj_physical = _like("conj_physical", "conj")
nextafter = _like("nextafter", "copysign")


def _whole(name, function):
    """A function of integers: no floating-point work."""

    def run(input, other, *, out=None):
        found = apply("bitwise_and", (input, other), None, "torch." + name)
        if input._known() and isinstance(other, Tensor) and other._known() and input.shape == other.shape:
            pairs = zip(input._contents(name), other._contents(name))
            found._value = [function(builtins.int(a), builtins.int(b)) for a, b in pairs]
        return found

    run.__name__ = name
    return run


gcd, lcm = _whole("gcd", math.gcd), _whole("lcm", math.lcm)


def ldexp(input, other, *, out=None):
    return input * apply("exp2", (other,), None, "torch.ldexp")


def polygamma(n, input, *, out=None):
    return apply("digamma", (input,), None, "torch.polygamma")


def mvlgamma(input, p, *, out=None):
    rows = _joins.stack([input - 0.5 * j for j in range(p)], -1)
    return apply("lgamma", (rows,), None, "torch.mvlgamma").sum(-1) + 0.25 * p * (p - 1) * math.log(math.pi)


def frexp(input):
    from ._dispatch import _NAMED

    return _NAMED["frexp"](apply("frac", (input,), None, "torch.frexp"), local(input.shape, _types.int32))


def isreal(input):
    return _factories.ones_like(input, dtype=_types.bool)


# --- integrals and differences


def _steps(y, x, dx, dim):
    n = y.shape[dim]
    pairs = y.narrow(dim, 1, n - 1) + y.narrow(dim, 0, n - 1)
    if x is None:
        return pairs * (0.5 if dx is None else dx / 2)
    widths = _functions.diff(x, dim=-1 if x.dim() == 1 else dim)
    if x.dim() == 1 and dim % y.dim() != y.dim() - 1:
        widths = widths.reshape(-1, *[1] * (y.dim() - 1 - dim % y.dim()))
    return pairs * widths * 0.5


def trapezoid(y, x=None, *, dx=None, dim=-1):
    return _steps(y, x, dx, dim).sum(dim)


trapz = trapezoid


def cumulative_trapezoid(y, x=None, *, dx=None, dim=-1):
    return _steps(y, x, dx, dim).cumsum(dim)


def gradient(input, *, spacing=1, dim=None, edge_order=1):
    axes = range(input.dim()) if dim is None else [dim] if isinstance(dim, builtins.int) else dim
    found = []
    for axis in axes:
        n = input.shape[axis]
        inner = (input.narrow(axis, 2, n - 2) - input.narrow(axis, 0, n - 2)) / 2
        ends = [input.narrow(axis, 1, 1) - input.narrow(axis, 0, 1), input.narrow(axis, n - 1, 1) - input.narrow(axis, n - 2, 1)]
        found.append(_joins.cat([ends[0], inner, ends[1]], axis))
    return tuple(found)


# --- statistics


def cov(input, *, correction=1, fweights=None, aweights=None):
    rows = input.reshape(1, -1) if input.dim() < 2 else input
    weights = [w for w in (fweights, aweights) if w is not None]
    if weights:
        weight = weights[0] * weights[1] if len(weights) == 2 else weights[0]
        centred = rows - (rows * weight).sum(1, keepdim=True) / weight.sum()
        found = (centred * weight) @ centred.t() / weight.sum()
    else:
        centred = rows - rows.mean(1, keepdim=True)
        found = centred @ centred.t() / builtins.max(rows.shape[1] - correction, 1)
    return found.squeeze() if input.dim() < 2 else found


def corrcoef(input):
    found = cov(input)
    if found.dim() == 0:
        return found / found
    spread = found.diagonal().sqrt()
    return (found / spread.unsqueeze(1) / spread.unsqueeze(0)).clamp(-1, 1)


def nanquantile(input, q, dim=None, keepdim=False, *, interpolation="linear", out=None):
    return input.quantile(q) if dim is None else input.quantile(q, dim, keepdim)


def histogram(input, bins, *, range=None, weight=None, density=False):
    from collections import namedtuple

    n = bins if isinstance(bins, builtins.int) else bins.shape[0] - 1
    edges = bins if isinstance(bins, Tensor) else _factories.empty(n + 1, dtype=input.dtype)
    return namedtuple("histogram", ("hist", "bin_edges"))(apply("histc", (input, n), None, "torch.histogram"), edges)


def binomial(count, prob, generator=None):
    return _factories.empty_like(count)


# --- pieces and joins


def dsplit(input, sections):
    return _joins.tensor_split(input, sections, 2)


def diagflat(input, offset=0):
    return apply("diag", (input.reshape(-1), offset), None, "torch.diagflat")


def combinations(input, r=2, with_replacement=False):
    n = input.shape[0]
    pick = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = list(pick(range(n), r))
    places = local((len(rows), r), _types.int64, [i for row in rows for i in row])
    return input[places]


def vander(x, N=None, *, increasing=False):
    columns = [_factories.ones_like(x)]
    for _ in range((x.shape[-1] if N is None else N) - 1):
        columns.append(columns[-1] * x)
    return _joins.stack(columns if increasing else columns[::-1], -1)


def unravel_index(indices, shape):
    found = []
    for d in reversed(list(shape)):
        found.append(indices % d)
        indices = indices // d
    return tuple(reversed(found))


def nonzero_static(input, *, size, fill_value=-1):
    return _factories.empty(size, input.dim(), dtype=_types.int64)


def norm_except_dim(v, pow=2, dim=0):
    return v.norm(pow, [i for i in range(v.dim()) if i != dim], keepdim=True)


def unsafe_chunk(input, chunks, dim=0):
    return input.chunk(chunks, dim)


def unsafe_split(tensor, split_size, dim=0):
    return tensor.split(split_size, dim)


unsafe_split_with_sizes = unsafe_split


# --- what a tensor is


def is_signed(input):
    return input.dtype.is_signed


def is_same_size(input, other):
    return input.shape == other.shape


def is_conj(input):
    return False


is_neg = is_distributed = is_conj


def resize_as_(input, the_template):
    return input.resize_(*the_template.shape)


def dequantize(input):
    return [dequantize(t) for t in input] if isinstance(input, (tuple, list)) else input


METHODS = (
    "logaddexp2 igamma igammac conj_physical nextafter gcd lcm ldexp mvlgamma frexp isreal cov corrcoef nanquantile histogram dsplit diagflat nonzero_static "
    "unsafe_chunk unsafe_split unsafe_split_with_sizes is_signed is_same_size is_conj is_neg is_distributed resize_as_ dequantize"
).split()
