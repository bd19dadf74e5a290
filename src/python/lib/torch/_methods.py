"""The operators of Tensor: methods whose arguments PyTorch takes in several ways, and all others by name."""

import builtins

from _opcount import standins

from . import _factories, _functions, _types, sparse
from ._dispatch import _axes, apply, known, outer
from ._joins import split_of
from ._tensor import Tensor, _adopt, bridge_recording, from_data, local, size_of

NUMBERS = (builtins.int, builtins.float)


def _listed(args):
    """`view(1, 2)` and `view((1, 2))` are the same."""
    if len(args) == 1 and isinstance(args[0], (tuple, list)):
        return list(args[0])
    return list(args)


# --- methods with arguments of several forms


def method(function):
    setattr(Tensor, function.__name__, function)
    return function


def _varied(name, keyword):
    """Methods that take a list or as many arguments: `permute(0, 2, 1)`, `permute([0, 2, 1])`, `permute(dims=…)`."""

    def run(self, *args, **kwargs):
        values = list(kwargs[keyword]) if keyword in kwargs else _listed(args)
        return apply(name, (self, values), None, "Tensor." + name)

    run.__name__ = name
    setattr(Tensor, name, run)


for _name, _keyword in {
    "reshape": "shape",
    "permute": "dims",
    "repeat": "repeats",
    "tile": "dims",
    "flip": "dims",
    "new_empty": "size",
    "expand": "size",
}.items():
    _varied(_name, _keyword)


@method
def view(self, *args, **kwargs):
    if len(args) == 1 and isinstance(args[0], _types.dtype):
        return apply("view_dtype", (self, args[0]), None, "Tensor.view")
    shape = list(kwargs["size"]) if "size" in kwargs else _listed(args)
    return apply("view", (self, shape), None, "Tensor.view")


@method
def view_as(self, other):
    return apply("view", (self, list(other.shape)), None, "Tensor.view_as")


@method
def reshape_as(self, other):
    return apply("reshape", (self, list(other.shape)), None, "Tensor.reshape_as")


@method
def expand_as(self, other):
    return apply("expand", (self, list(other.shape)), None, "Tensor.expand_as")


@method
def contiguous(self, memory_format=None):
    return apply("contiguous", (self,), None, "Tensor.contiguous")


@method
def clone(self, *, memory_format=None):
    if self._ref is None and not bridge_recording():
        return local(self.shape, self.dtype, self._value)
    return apply("clone", (self,), None, "Tensor.clone")


@method
def detach(self):
    if self._ref is None and not bridge_recording():
        return _alias(self)
    return apply("detach", (self,), None, "Tensor.detach")


def _alias(tensor):
    made = local(tensor.shape, tensor.dtype)
    made._store, made._version, made._value = tensor._store, tensor._version, tensor._value
    return made


@method
def detach_(self):
    return self


@method
def split(self, split_size, dim=0):
    return split_of(self, split_size, dim, "Tensor.split")


def _new(name):
    def run(self, size, *more, dtype=None, device=None, requires_grad=False, layout=None, pin_memory=False):
        shape = size if isinstance(size, (tuple, list)) else (size, *more)
        return getattr(_factories, name)(shape, dtype=dtype or self.dtype)

    run.__name__ = "new_" + name
    return run


for _name in ("zeros", "ones", "empty"):
    setattr(Tensor, "new_" + _name, _new(_name))


@method
def new_full(self, size, fill_value, *, dtype=None, device=None, requires_grad=False):
    return _factories.full(size, fill_value, dtype=dtype or self.dtype)


@method
def new_tensor(self, data, *, dtype=None, device=None, requires_grad=False):
    return _factories.tensor(data, dtype=dtype or self.dtype)


def _filling(name, value_of):
    """Methods that write contents: nothing to do for a tensor that no operator has seen."""

    def run(self, *args, **kwargs):
        if not bridge_recording():
            self._forget()
            value = value_of(self, *args, **kwargs)
            if value is not None and not hasattr(self.numel(), "_formula") and self.numel() <= 64:
                self._value = [value] * self.numel()
                self._ref = None
            return self
        written = apply("fill_", (self, 0), None, "Tensor." + name)
        written._forget()
        return written

    run.__name__ = name
    setattr(Tensor, name, run)


def _number(x):
    return x if isinstance(x, NUMBERS) else None


_filling("zero_", lambda t: 0)
_filling("fill_", lambda t, value: _number(value))
for _name in ("normal_", "uniform_", "random_", "exponential_", "bernoulli_", "cauchy_", "log_normal_", "geometric_"):
    _filling(_name, lambda t, *args, **kwargs: None)


@method
def copy_(self, src, non_blocking=False):
    if not bridge_recording():
        self._forget()
        return self
    return apply("copy_", (self, src), None, "Tensor.copy_")


@method
def set_(self, other):
    _adopt(self, other)
    return self


@method
def resize_(self, *size):
    self.shape = size_of(_listed(size))
    self._forget()
    self._ref = None
    return self


@method
def apply_(self, function):
    self._forget()
    return self


@method
def map_(self, other, function):
    self._forget()
    return self


@method
def to_sparse(self, *args, **kwargs):
    return sparse.of_dense(self)


def _shared(name):
    """Methods that are functions of torch with the tensor first, where those are written in Python."""

    @outer("Tensor." + name)
    def run(self, *args, **kwargs):
        return getattr(_functions, name)(self, *args, **kwargs)

    run.__name__ = name
    setattr(Tensor, name, run)


for _name in (
    "max",
    "min",
    "norm",
    "std",
    "var",
    "where",
    "unflatten",
    "meshgrid",
    "tensor_split",
    "hsplit",
    "vsplit",
    "all",
    "any",
    "equal",
    "allclose",
    "nonzero",
    "argwhere",
    "masked_select",
    "unique",
    "unique_consecutive",
    "bincount",
    "movedim",
    "moveaxis",
    "swapaxes",
    "swapdims",
    "sum",
    "mean",
    "squeeze",
    "roll",
    "clamp",
    "clip",
    "repeat_interleave",
    "flatten",
    "median",
    "multiply",
    "divide",
    "subtract",
    "absolute",
    "negative",
    "true_divide",
):
    _shared(_name)


# --- all others, by the name of the operator


class _Method:
    """A bound operator."""

    __slots__ = ("_tensor", "__name__")

    def __init__(self, tensor, name):
        self._tensor = tensor
        self.__name__ = name

    def __call__(self, *args, **kwargs):
        if kwargs:
            _axes(kwargs)
        return apply(self.__name__, (self._tensor, *args), kwargs, "Tensor." + self.__name__)


def _missing(self, name):
    if name.startswith("__") or not known(name):
        raise (
            AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
            if name.startswith("_")
            else standins.lacking(f"torch.Tensor.{name}")
        )
    return _Method(self, name)


Tensor.__getattr__ = _missing
