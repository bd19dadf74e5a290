"""Applies operators by name: the arithmetic, the shapes and the dtypes are worked out by opcount's own table of operators."""

import functools
from collections import namedtuple

from _opcount import bridge

from . import _types

_place = bridge.place
_call = bridge.call

VALUES_INDICES = ("values", "indices")
_NAMED = {
    name: namedtuple(name, fields)
    for name, fields in {
        "max": VALUES_INDICES,
        "min": VALUES_INDICES,
        "median": VALUES_INDICES,
        "nanmedian": VALUES_INDICES,
        "mode": VALUES_INDICES,
        "sort": VALUES_INDICES,
        "topk": VALUES_INDICES,
        "kthvalue": VALUES_INDICES,
        "cummax": VALUES_INDICES,
        "cummin": VALUES_INDICES,
        "aminmax": ("min", "max"),
        "frexp": ("mantissa", "exponent"),
        "qr": ("Q", "R"),
        "linalg_qr": ("Q", "R"),
        "linalg_svd": ("U", "S", "Vh"),
        "svd": ("U", "S", "V"),
        "linalg_eigh": ("eigenvalues", "eigenvectors"),
        "linalg_slogdet": ("sign", "logabsdet"),
        "linalg_lstsq": ("solution", "residuals", "rank", "singular_values"),
        "slogdet": ("sign", "logabsdet"),
    }.items()
}

# Whether the host knows an operator's name; each is asked once.
_known = {}


def known(name):
    answer = _known.get(name)
    if answer is None:
        answer = _known[name] = bool(_call("knows", name))
    return answer


# The function of PyTorch that is running and does its work through others.
_within = [None]


def outer(spelling):
    """A function by whose name all that it does inside is known."""

    def decorate(function):
        @functools.wraps(function)
        def run(*args, **kwargs):
            if _within[0] is not None:
                return function(*args, **kwargs)
            _within[0] = spelling
            try:
                return function(*args, **kwargs)
            finally:
                _within[0] = None

        return run

    return decorate


def apply(name, args, kwargs=None, spelling=None):
    """
    One operator. `name` is that of PyTorch's schema; a trailing underscore writes into the first argument. Gives a
    tensor, a tuple of tensors, or None.
    """
    file, line = _place()
    sent = args
    for a in args:
        if type(a) is float or type(a) is list:
            sent = [_float(a) for a in args]
            break
    if kwargs:
        kwargs = {k: _float(v) for k, v in kwargs.items()}
    answer = _call("op", name, sent, kwargs or {}, _within[0] or spelling or ("torch." + name), file, line)
    if type(answer) is dict:
        several = answer.get("m")
        if several is None:
            return _plain(answer)
        made = [_plain(a) if type(a) is dict else _made(a, args) for a in several]
        named = _NAMED.get(name)
        made = named(*made) if named is not None and len(made) == len(named._fields) else tuple(made)
        return follow(name, args, kwargs or {}, made) if name in ("topk", "max", "sort") else made
    if answer is None:
        return None
    made = _overwritten(args[0], answer) if name[-1] == "_" and name[-2] != "_" else _made(answer, args)
    if args and type(args[0]) in TENSORS and "_uniform" in args[0].__dict__ and made is not args[0]:
        uniform(name, args, kwargs or {}, made)
    if name in _ROUTING or (args and type(args[0]) in TENSORS and "_routed" in args[0].__dict__):
        return follow(name, args, kwargs or {}, made)
    return made


def _plain(answer):
    """A number that an operator gave; a formula where it is free."""
    value = answer["p"]
    if type(value) is str:
        from ._symbols import SymInt

        return SymInt(value)
    return value


def _float(a):
    """A float without a fraction would arrive as an integer, and integers promote differently."""
    if type(a) is float:
        return {"f": a if -1e300 < a < 1e300 else repr(a)}
    if type(a) is list:
        return [_float(x) for x in a]
    return a


def _made(answer, args):
    ref, dtype, shape, known_value, shares = answer
    tensor = Tensor.__new__(Tensor)
    tensor._ref = ref
    tensor.dtype = _types.dtype._known[dtype]
    tensor.shape = _size(shape)
    tensor._value = None
    tensor._has = known_value
    if shares < 0:
        store = Store()
    else:
        source = args[shares] if shares < len(args) else None
        store = source._store if type(source) in TENSORS else Store()
    tensor._store = store
    tensor._version = store.version
    tensor.requires_grad = False
    return tensor


def _overwritten(tensor, answer):
    """The tensor itself under its new contents; whatever shares its memory no longer knows its own."""
    ref, dtype, shape, known_value, _ = answer
    tensor._ref = ref
    tensor._value = None
    tensor._has = known_value
    tensor._store.version += 1
    tensor._version = tensor._store.version
    if len(shape) != len(tensor.shape):
        tensor.shape = _size(shape)
    return tensor


def _size(shape):
    for d in shape:
        if type(d) is str:
            from ._symbols import SymInt

            return _types.Size(SymInt(d) if type(d) is str else d for d in shape)
    return _types.Size(shape)


class Store:
    """The memory that a tensor and its views share: counted up when any of them is written to."""

    __slots__ = ("version",)

    def __init__(self):
        self.version = 0


# Operators after which experts may be known to have been chosen: see `_routing`.
_ROUTING = ("argmax", "scatter_", "scatter")


def follow(name, args, kwargs, result):
    return result


def uniform(name, args, kwargs, result):
    """The contents of a result whose inputs are the same number everywhere: see `_uniform`."""


# Filled in by the modules that define them.
Tensor = None
TENSORS = set()


class Function:
    """An operator as a function: `torch.relu`, found on first use."""

    def __init__(self, name, spelling):
        self.__name__ = name
        self._spelling = spelling
        self.__module__ = spelling.rpartition(".")[0]

    def __call__(self, *args, **kwargs):
        if kwargs:
            out = kwargs.pop("out", None)
            if out is not None:
                result = apply(self.__name__, args, kwargs, self._spelling)
                out.copy_(result)
                return out
            _axes(kwargs)
        return apply(self.__name__, args, kwargs, self._spelling)

    def __repr__(self):
        return f"<built-in method {self.__name__} of opcount's torch>"

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __reduce__(self):
        return (_function, (self.__name__, self._spelling))


_functions = {}


def _function(name, spelling):
    found = _functions.get(spelling)
    if found is None:
        found = _functions[spelling] = Function(name, spelling)
    return found


def _axes(kwargs):
    """NumPy's spellings of PyTorch's arguments."""
    if "axis" in kwargs:
        kwargs["dim"] = kwargs.pop("axis")
    if "keepdims" in kwargs:
        kwargs["keepdim"] = kwargs.pop("keepdims")
    if "axes" in kwargs:
        kwargs["dims"] = kwargs.pop("axes")


def function(name, module="torch"):
    """The function of an operator, or None where there is none of that name."""
    if name.startswith("__") or not known(name):
        return None
    return _function(name, f"{module}.{name}")
