"""Operators that a program defines: their own Python runs, and counters that are told of them see one operator."""

from _opcount import recorder

from . import _dispatch, ops
from ._noop import Nothing, decorator

# Told of every call of such an operator, where a counter listens.
watch = [None]


class Operator:
    """`@torch.library.custom_op("mylib::scan", mutates_args=())`."""

    def __init__(self, full, function):
        self._packet = ops.packet(full)
        self._function, self._fake = function, None
        self.__name__ = full.rpartition(".")[2]
        self.__doc__ = function.__doc__
        ops.defined_operators[full] = self

    def register_fake(self, function=None):
        if function is None:
            return self.register_fake
        self._fake = function
        return function

    register_meta = impl_abstract = register_fake

    def register_kernel(self, device_types, function=None):
        return function if function is not None else lambda f: f

    def register_autograd(self, backward, *, setup_context=None, **_):
        return None

    register_vmap = register_torch_dispatch = register_autocast = register_kernel

    def __call__(self, *args, **kwargs):
        if watch[0] is None:
            return self._function(*args, **kwargs)
        told, watch[0] = watch[0], None
        try:
            with recorder.Stretch("hidden"):
                out = self._function(*args, **kwargs)
        finally:
            watch[0] = told
        told(self._packet, args, kwargs, out)
        return out


def custom_op(name, fn=None, /, *, mutates_args=(), device_types=None, schema=None, **_):
    def define(function):
        return Operator(name.replace("::", "."), function)

    return define if fn is None else define(fn)


triton_op = custom_op


def _named(op):
    full = str(op).replace("::", ".")
    return ops.defined_operators.get(full)


class Library(Nothing):
    """Operators by schema: each gets the implementation that is registered for it."""

    def __init__(self, ns="", kind="", dispatch_key=""):
        self._ns = ns

    def define(self, schema, alias_analysis="", *, tags=()):
        return schema.partition("(")[0]

    def impl(self, op_name, fn, dispatch_key="", **_):
        full = f"{self._ns}.{str(op_name).split('::')[-1].split('.')[0]}"
        _kernel(full, fn, dispatch_key)


# Registrations beside the arithmetic itself: for shapes, gradients, other dtypes.
_BESIDE = ("Meta", "Autograd", "Autocast", "Functionalize", "Python", "BackendSelect", "ADInplaceOrView", "Fake")


def _kernel(full, function, keys):
    """Registers the kernel of an operator, unless opcount has a formula for it or another kernel came first."""
    keys = [keys] if isinstance(keys, str) or keys is None else keys
    if full in ops.defined_operators or _dispatch.known(full) or all(str(k or "").startswith(_BESIDE) for k in keys):
        return
    Operator(full, function)


def register_fake(op, func=None, /, **_):
    return (lambda f: f) if func is None else func


def define(*args, **kwargs):
    return None


def impl(qualname, types=None, func=None, **_):
    def keep(function):
        _kernel(str(qualname).replace("::", "."), function, types)
        return function

    return keep if func is None else keep(func)


impl_abstract = register_kernel = register_autograd = register_vmap = register_autocast = lambda *a, **k: decorator
opcheck = wrap_triton = decorator
get_ctx = Nothing
