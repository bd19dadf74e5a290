"""The operators of Tensor: signs, methods whose arguments PyTorch takes in several ways, and all others by name."""

import builtins

from . import _types
from ._dispatch import _axes, apply, known, outer
from ._tensor import Tensor, bridge_recording, local, size_of

NUMBERS = (builtins.int, builtins.float)


def _listed(args):
    """`view(1, 2)` and `view((1, 2))` are the same."""
    if len(args) == 1 and isinstance(args[0], (tuple, list)):
        return list(args[0])
    return list(args)


# --- signs

SIGNS = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "truediv": "/",
    "floordiv": "//",
    "mod": "%",
    "pow": "**",
    "matmul": "@",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "and": "&",
    "or": "|",
    "xor": "^",
    "lshift": "<<",
    "rshift": ">>",
}


def _sign(name, spelling):
    def operator(self, other):
        if not isinstance(other, (Tensor, builtins.int, builtins.float, builtins.complex)) and not hasattr(
            other, "_formula"
        ):
            return _foreign(other, lambda o: apply(name, (self, o), None, spelling))
        return apply(name, (self, other), None, spelling)

    return operator


def _foreign(other, then):
    """NumPy scalars and the like are numbers; anything else is not for a tensor to answer."""
    if hasattr(other, "__opcount_array__") and not isinstance(other, type):
        from ._tensor import from_data

        return then(from_data(other) if other.shape else other.item())
    return NotImplemented


def _reflected(name, spelling):
    def operator(self, other):
        if not isinstance(other, (builtins.int, builtins.float)) and not hasattr(other, "_formula"):
            return _foreign(other, lambda o: apply(name, (self, o), None, spelling))
        return apply(name, (self, other), None, spelling)

    return operator


def _inplace(name, spelling):
    def operator(self, other):
        return apply(name + "_", (self, other), None, spelling)

    return operator


for sign, name in {
    "add": "add",
    "sub": "sub",
    "mul": "mul",
    "truediv": "div",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "pow": "pow",
    "matmul": "matmul",
    "eq": "eq",
    "ne": "ne",
    "lt": "lt",
    "le": "le",
    "gt": "gt",
    "ge": "ge",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "lshift": "bitwise_left_shift",
    "rshift": "bitwise_right_shift",
}.items():
    setattr(Tensor, f"__{sign}__", _sign(name, SIGNS[sign]))
for sign, name in {
    "radd": "add",
    "rmul": "mul",
    "rsub": "rsub",
    "rand": "bitwise_and",
    "ror": "bitwise_or",
    "rxor": "bitwise_xor",
}.items():
    setattr(Tensor, f"__{sign}__", _reflected(name, SIGNS[sign[1:]]))
for sign, name in {
    "iadd": "add",
    "isub": "sub",
    "imul": "mul",
    "itruediv": "div",
    "ifloordiv": "floor_divide",
    "imod": "remainder",
    "ipow": "pow",
    "iand": "bitwise_and",
    "ior": "bitwise_or",
    "ixor": "bitwise_xor",
}.items():
    setattr(Tensor, f"__{sign}__", _inplace(name, SIGNS[sign[1:]] + "="))


def _rtruediv(self, other):
    # As PyTorch does it: two operators.
    return apply("mul", (apply("reciprocal", (self,), None, "/"), other), None, "/")


def _rpow(self, other):
    return apply("pow", (other, self), None, "**")


def _rfloordiv(self, other):
    return apply("floor_divide", (local((), self.dtype, [other]), self), None, "//")


def _rmod(self, other):
    return apply("remainder", (other, self), None, "%")


Tensor.__rtruediv__ = _rtruediv
Tensor.__rpow__ = _rpow
Tensor.__rfloordiv__ = _rfloordiv
Tensor.__rmod__ = _rmod
Tensor.__neg__ = lambda self: apply("neg", (self,), None, "-")
Tensor.__pos__ = lambda self: self
Tensor.__abs__ = lambda self: apply("abs", (self,), None, "Tensor.__abs__")
Tensor.__invert__ = lambda self: apply("bitwise_not", (self,), None, "~")


# --- indexing


def _index(index):
    """An index as the host takes it: a list of axes, each a number, a slice, None, an ellipsis or a tensor."""
    if not isinstance(index, tuple):
        if isinstance(index, list) and any(isinstance(i, (slice, Tensor, list)) or i is None for i in index):
            index = tuple(index)
        else:
            index = (index,)
    out = []
    for i in index:
        if isinstance(i, slice):
            out.append({"slice": [_bound(i.start), _bound(i.stop), _bound(i.step)]})
        elif i is None:
            out.append({"new": 1})
        elif i is Ellipsis:
            out.append({"rest": 1})
        elif isinstance(i, Tensor):
            if not i.shape and i.dtype.kind == "i" and i._known():
                out.append(builtins.int(i))
            else:
                out.append(i)
        elif isinstance(i, builtins.bool):
            out.append(local((), _types.bool, [builtins.int(i)]))
        elif isinstance(i, (list, tuple, range)) or hasattr(i, "tolist"):
            from ._tensor import from_data

            out.append(from_data(list(i) if isinstance(i, range) else i))
        else:
            out.append(i if hasattr(i, "_formula") else i.__index__())
    return out


def _bound(i):
    if isinstance(i, Tensor):
        return builtins.int(i)
    return i if i is None or hasattr(i, "_formula") else i.__index__()


def _getitem(self, index):
    if self._ref is None and type(index) is builtins.int and len(self.shape) == 1 and self._known():
        n = len(self._value)
        if not -n <= index < n:
            raise IndexError(f"index {index} is out of bounds for dimension 0 with size {n}")
        return local((), self.dtype, [self._value[index]])
    return apply("__getitem__", (self, _index(index)), None, "Tensor.__getitem__")


def _setitem(self, index, value):
    apply("__setitem__", (self, _index(index), value), None, "Tensor.__setitem__")
    self._forget()


Tensor.__getitem__ = _getitem
Tensor.__setitem__ = _setitem


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


def split_of(tensor, sizes, dim, spelling):
    if isinstance(sizes, (tuple, list)):
        return apply("split_with_sizes", (tensor, list(sizes), dim), None, spelling)
    return apply("split", (tensor, sizes, dim), None, spelling)


def _new(name):
    def run(self, size, *more, dtype=None, device=None, requires_grad=False, layout=None, pin_memory=False):
        from . import _factories

        shape = size if isinstance(size, (tuple, list)) else (size, *more)
        return getattr(_factories, name)(shape, dtype=dtype or self.dtype)

    run.__name__ = "new_" + name
    return run


for _name in ("zeros", "ones", "empty"):
    setattr(Tensor, "new_" + _name, _new(_name))


@method
def new_full(self, size, fill_value, *, dtype=None, device=None, requires_grad=False):
    from . import _factories

    return _factories.full(size, fill_value, dtype=dtype or self.dtype)


@method
def new_tensor(self, data, *, dtype=None, device=None, requires_grad=False):
    from . import _factories

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
    from ._tensor import _adopt

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
    raise NotImplementedError("sparse tensors are not supported by opcount")


def _shared(name):
    """Methods that are functions of torch with the tensor first, where those are written in Python."""

    @outer("Tensor." + name)
    def run(self, *args, **kwargs):
        from . import _functions

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
    "unique",
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
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
    return _Method(self, name)


Tensor.__getattr__ = _missing
