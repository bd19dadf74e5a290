"""Tensors without data: a shape, a dtype, and the contents where they are few and follow from the program."""

import builtins
import math
import sys

from _opcount import bridge, guards, recorder
from _opcount.bridge import UnknownValue

from . import _dispatch, _types
from ._dispatch import Store, apply
from ._types import Size

# Contents longer than this are not kept: shape arithmetic is short.
MAX_KNOWN = 4096

_next_local = [0]


def _local_ref():
    _next_local[0] -= 1
    return _next_local[0]


class _TensorMeta(type):
    """`isinstance(x, torch.FloatTensor)` and the like ask for a dtype."""

    def __instancecheck__(cls, instance):
        wanted = cls.__dict__.get("_legacy_dtype")
        if wanted is not None:
            return type.__instancecheck__(Tensor, instance) and instance.dtype is wanted
        return type.__instancecheck__(cls, instance)


class Tensor(metaclass=_TensorMeta):
    """A tensor. `_ref` names it to the host; a local one has none until an operator first takes it."""

    _ref = None
    _value = None
    _has = False
    # Whether the host knows contents that were given to a tensor which an operator made.
    _told = True
    requires_grad = False
    grad = None
    grad_fn = None
    is_leaf = True
    is_sparse = False
    is_quantized = False
    is_meta = False
    is_nested = False
    names = ()
    output_nr = 0
    layout = _types.strided
    _is_parameter = False
    _backward_hooks = None

    def __new__(cls, *args, **kwargs):
        return object.__new__(cls)

    def __init__(self, *args, dtype=None, device=None, requires_grad=False):
        if len(args) == 1 and not isinstance(args[0], (builtins.int,)):
            data = args[0]
            if isinstance(data, Size):
                _become(self, data, dtype or _default[0])
            elif isinstance(data, Tensor):
                _adopt(self, data)
            else:
                made = from_data(data, dtype or _default[0])
                _adopt(self, made)
        else:
            _become(self, args if args else (0,), dtype or _default[0])
        self.requires_grad = requires_grad

    # --- what a tensor is

    @property
    def data(self):
        return self

    @data.setter
    def data(self, other):
        _adopt(self, other)

    @property
    def device(self):
        return self.__dict__.get("_device") or _types.device("cpu")

    @property
    def ndim(self):
        return len(self.shape)

    @property
    def is_cuda(self):
        return self.device.type == "cuda"

    @property
    def is_cpu(self):
        return self.device.type == "cpu"

    @property
    def itemsize(self):
        return self.dtype.itemsize

    @property
    def nbytes(self):
        return self.shape.numel() * self.dtype.itemsize

    @property
    def T(self):
        return self if self.ndim < 2 else self.permute(*reversed(range(self.ndim)))

    @property
    def mT(self):
        return self.transpose(-2, -1)

    @property
    def H(self):
        return self.transpose(-2, -1)

    def dim(self):
        return len(self.shape)

    ndimension = dim

    def size(self, dim=None):
        return self.shape if dim is None else self.shape[dim]

    def numel(self):
        return self.shape.numel()

    nelement = numel

    def element_size(self):
        return self.dtype.itemsize

    def is_floating_point(self):
        return self.dtype.kind == "f"

    def is_complex(self):
        return self.dtype.kind == "c"

    def is_contiguous(self, memory_format=None):
        return True

    def stride(self, dim=None):
        steps = []
        step = 1
        for d in reversed(self.shape):
            steps.append(step)
            step = step * d
        steps = tuple(reversed(steps))
        return steps if dim is None else steps[dim]

    def storage_offset(self):
        return 0

    def data_ptr(self):
        return id(self._store)

    def get_device(self):
        return -1

    def __len__(self):
        if not self.shape:
            raise TypeError("len() of a 0-d tensor")
        return self.shape[0]

    def __hash__(self):
        return id(self)

    def __repr__(self):
        inside = f"..., size={tuple(self.shape)}"
        if self._known() and self.shape.numel() <= 64:
            inside = repr(self.tolist())
        return f"{'Parameter containing:' + chr(10) if self._is_parameter else ''}tensor({inside}, dtype={self.dtype!r})"

    def __format__(self, spec):
        return format(self.item(), spec) if not self.shape else object.__format__(self, spec)

    # --- contents

    def _known(self):
        return (self._value is not None or self._has) and self._version == self._store.version

    def _forget(self):
        """Something was written into the memory: nobody knows what is in it now."""
        self._value = None
        self._has = False
        self._store.version += 1
        self._version = self._store.version

    def _contents(self, what):
        """The contents as a flat list."""
        if self._version == self._store.version:
            if self._value is not None:
                return self._value
            if self._has:
                found = bridge.call("value", self._ref)
                if found is not None:
                    self._value = found
                    return found
        raise UnknownValue(
            f"{what} needs the data of a tensor of shape {list(self.shape)}, and opcount runs the model on shapes alone"
        )

    def item(self):
        if self.numel() != 1:
            raise RuntimeError(f"a Tensor with {self.numel()} elements cannot be converted to Scalar")
        return self._python(self._contents("item()")[0])

    def _python(self, x):
        kind = self.dtype.kind
        if kind == "b":
            return builtins.bool(x)
        if type(x) is str:
            from ._symbols import SymInt

            return SymInt(x)
        return builtins.float(x) if kind == "f" else builtins.int(x) if kind == "i" else x

    def tolist(self):
        flat = [self._python(x) for x in self._contents("tolist()")]
        for d in reversed(self.shape[1:]):
            flat = [flat[i : i + d] for i in range(0, len(flat), d)] if d else []
        return flat if self.shape else flat[0]

    def numpy(self, *, force=False):
        from numpy import asarray

        return asarray(self)

    def __array__(self, *_args, **_kwargs):
        return self.numpy()

    def __opcount_array__(self):
        """Shape, dtype and elements, or None for these, as NumPy takes them."""
        known = [self._python(x) for x in self._contents("numpy()")] if self._known() else None
        return tuple(self.shape), self.dtype.name, known

    def __bool__(self):
        if self.numel() != 1:
            raise RuntimeError("Boolean value of Tensor with more than one value is ambiguous")
        if not self._known():
            checked = guards.expected(sys._getframe(1))
            if checked is not None:
                return checked
        return builtins.bool(self._contents("a branch on a tensor (if, while, and, or, not)")[0])

    def __int__(self):
        return builtins.int(self._scalar("int()"))

    def __float__(self):
        return builtins.float(self._scalar("float()"))

    def __index__(self):
        return builtins.int(self._scalar("an index"))

    def __complex__(self):
        return complex(self._scalar("complex()"))

    def __round__(self, n=0):
        return round(builtins.float(self), n)

    def __ceil__(self):
        return math.ceil(self._scalar("math.ceil()"))

    def __floor__(self):
        return math.floor(self._scalar("math.floor()"))

    def _scalar(self, what):
        if self.numel() != 1:
            raise RuntimeError(f"a Tensor with {self.numel()} elements cannot be converted to Scalar")
        return self._python(self._contents(what)[0])

    def __contains__(self, item):
        return item in self._contents("in")

    def __iter__(self):
        if not self.shape:
            raise TypeError("iteration over a 0-d tensor")
        if hasattr(self.shape[0], "_formula"):
            raise UnknownValue(f"a loop over {self.shape[0]} rows needs their number, which is not known")
        if self._ref is None and self._known() and self._value is not None and self.shape[0]:
            step = len(self._value) // self.shape[0]
            return iter([local(self.shape[1:], self.dtype, self._value[i : i + step]) for i in range(0, len(self._value), step)])
        return iter(self.unbind(0))

    def __reversed__(self):
        return self.flip(0) if self.shape else self

    # --- crossing to the host

    def __opcount_wire__(self):
        ref = self._ref
        if ref is None:
            ref = self._ref = _local_ref()
            described = {"t": ref, "s": self.shape, "d": self.dtype.name}
            if self._value is not None and self._version == self._store.version:
                described["v"] = self._value
            return described
        if self._has and self._version != self._store.version:
            return {"t": ref, "u": 1}
        if not self._told and self._version == self._store.version:
            self._told = True
            return {"t": ref, "k": self._value}
        return {"t": ref}

    # --- copies

    def __copy__(self):
        return self._twin(self._store)

    def __deepcopy__(self, memo):
        found = memo.get(id(self))
        if found is None:
            found = memo[id(self)] = self._twin(Store())
            found._ref = None
            if self._value is None and self._known():
                found._value = self._contents("copy")
            found._has = False
        return found

    def _twin(self, store):
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._store = store
        other._version = store.version if self._known() else -1
        return other

    def __reduce_ex__(self, protocol):
        return (_rebuilt, (type(self), tuple(self.shape), self.dtype, self._value, self.requires_grad))

    # --- gradients, hooks, devices: nothing happens without data

    def requires_grad_(self, requires_grad=True):
        self.requires_grad = requires_grad
        return self

    def retain_grad(self):
        return None

    def register_hook(self, hook):
        from .utils.hooks import RemovableHandle

        return RemovableHandle({})

    def backward(self, *args, **kwargs):
        recorder.backward(self)

    def share_memory_(self):
        return self

    def pin_memory(self, device=None):
        return self

    def cpu(self, memory_format=None):
        return self

    def cuda(self, device=None, non_blocking=False, memory_format=None):
        return self

    def untyped_storage(self):
        return self._store

    storage = untyped_storage

    def __opcount_scripted__(self):
        return self

    # --- dtypes

    def to(self, *args, **kwargs):
        dtype = kwargs.get("dtype")
        for a in args:
            if isinstance(a, _types.dtype):
                dtype = a
            elif isinstance(a, Tensor):
                dtype = a.dtype
        if dtype is None or dtype is self.dtype:
            return self
        return self._cast(dtype, "Tensor.to")

    def _cast(self, dtype, spelling):
        if self._ref is None and not bridge_recording() and self._value is None:
            made = local(self.shape, dtype)
            made.requires_grad = self.requires_grad
            return made
        return apply("to", (self, dtype), None, spelling)

    def type(self, dtype=None, non_blocking=False):
        if dtype is None:
            return "torch." + _LEGACY_NAMES.get(self.dtype.name, self.dtype.name)
        if isinstance(dtype, str):
            dtype = legacy_dtype(dtype)
        return self.to(getattr(dtype, "_legacy_dtype", dtype))

    def type_as(self, other):
        return self.to(other.dtype)

    def float(self, memory_format=None):
        return self.to(_types.float32)

    def double(self, memory_format=None):
        return self.to(_types.float64)

    def half(self, memory_format=None):
        return self.to(_types.float16)

    def bfloat16(self, memory_format=None):
        return self.to(_types.bfloat16)

    def long(self, memory_format=None):
        return self.to(_types.int64)

    def int(self, memory_format=None):
        return self.to(_types.int32)

    def short(self, memory_format=None):
        return self.to(_types.int16)

    def char(self, memory_format=None):
        return self.to(_types.int8)

    def byte(self, memory_format=None):
        return self.to(_types.uint8)

    def bool(self, memory_format=None):
        return self.to(_types.bool)


def _become(tensor, shape, dtype):
    tensor.shape = size_of(shape)
    tensor.dtype = dtype
    tensor._store = Store()
    tensor._version = 0


def _adopt(tensor, other):
    """Takes over what another tensor is: the same memory under another object."""
    for name in ("shape", "dtype", "_store", "_version", "_ref", "_value", "_has"):
        value = getattr(other, name)
        setattr(tensor, name, value)


def _rebuilt(cls, shape, dtype, value, requires_grad):
    made = object.__new__(cls)
    _become(made, shape, dtype)
    made._value = value
    made.requires_grad = requires_grad
    return made


def size_of(shape):
    """A shape from whatever numbers it was given as."""
    extents = []
    for d in shape:
        if type(d) is not builtins.int:
            if isinstance(d, builtins.float):
                raise TypeError(f"a size must be an int, not float ({d})")
            d = d.__index__() if not hasattr(d, "_formula") else d
        if type(d) is builtins.int and d < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {d}: {list(shape)}")
        extents.append(d)
    return Size(extents)


def local(shape, dtype, value=None):
    """A tensor that no operator made: a parameter, a constant of the program."""
    made = object.__new__(Tensor)
    made.shape = shape if type(shape) is Size else size_of(shape)
    made.dtype = dtype
    made._store = Store()
    made._version = 0
    if value is not None and len(value) <= MAX_KNOWN:
        made._value = value
    return made


_default = [_types.float32]
_recording = [False]


def bridge_recording():
    return _recording[0]


def from_data(data, dtype=None):
    """torch.tensor: nested lists of numbers, or whatever can be read as such."""
    if isinstance(data, Tensor):
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


_dispatch.Tensor = Tensor
_dispatch.TENSORS.add(Tensor)
