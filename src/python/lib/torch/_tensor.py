"""Tensors without data: a shape, a dtype, and the contents where they are few and follow from the program."""

import builtins

from . import _dispatch, _types
from ._casts import Casts
from ._contents import Contents, UnknownValue  # noqa: F401
from ._data import _LEGACY_NAMES, from_data, legacy_dtype  # noqa: F401
from ._dispatch import Store
from ._making import (  # noqa: F401
    MAX_KNOWN,
    _adopt,
    _become,
    _default,
    _local_ref,
    _recording,
    bridge_recording,
    local,
    size_of,
)
from ._types import Size


class _TensorMeta(type):
    """`isinstance(x, torch.FloatTensor)` and the like ask for a dtype."""

    def __instancecheck__(cls, instance):
        wanted = cls.__dict__.get("_legacy_dtype")
        if wanted is not None:
            return type.__instancecheck__(Tensor, instance) and instance.dtype is wanted
        return type.__instancecheck__(cls, instance)


class Tensor(Contents, Casts, metaclass=_TensorMeta):
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
    def real(self):
        return apply("real", (self,), None, "Tensor.real") if self.dtype.kind == "c" else self

    @property
    def imag(self):
        return apply("imag", (self,), None, "Tensor.imag")

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


def _rebuilt(cls, shape, dtype, value, requires_grad):
    made = object.__new__(cls)
    _become(made, shape, dtype)
    made._value = value
    made.requires_grad = requires_grad
    return made


_dispatch.Tensor = Tensor
_dispatch.TENSORS.add(Tensor)
