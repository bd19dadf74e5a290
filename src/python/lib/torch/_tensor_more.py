"""Methods of Tensor that older or rarer code uses."""

from . import _algebra, _compositions, _factories, _types, sparse
from ._dispatch import outer
from ._tensor import Tensor, _default, from_data, local, size_of


def _method(function):
    setattr(Tensor, function.__name__, function)
    return function


def _of(module, names):
    """Functions with the tensor first."""

    def made(name):
        @outer("Tensor." + name)
        def run(self, *args, **kwargs):
            return getattr(module, name)(self, *args, **kwargs)

        run.__name__ = name
        return run

    for name in names:
        setattr(Tensor, name, made(name))


_of(_compositions, _compositions.METHODS)
_of(_algebra, _algebra.METHODS)


def _written(name):
    def run(self, *args, **kwargs):
        return self.copy_(getattr(self, name)(*args, **kwargs))

    run.__name__ = name + "_"
    setattr(Tensor, name + "_", run)


for _name in ("gcd", "lcm", "ldexp", "igamma", "igammac", "nextafter", "mvlgamma", "conj_physical"):
    _written(_name)


@_method
def polygamma(self, n):
    return _compositions.polygamma(n, self)


@_method
def new(self, *args):
    """`x.new(2, 3)`, `x.new([1, 2])`, `x.new(y)`: a tensor of the same dtype."""
    if len(args) == 1 and isinstance(args[0], Tensor):
        return args[0].clone() if args[0].dtype is self.dtype else args[0].to(self.dtype)
    if len(args) == 1 and isinstance(args[0], (list, tuple)) and not isinstance(args[0], _types.Size):
        return from_data(args[0], self.dtype)
    size = args[0] if len(args) == 1 and isinstance(args[0], _types.Size) else args or (0,)
    return _factories.empty(*size, dtype=self.dtype)


@_method
def record_stream(self, stream):
    return None


@_method
def cdouble(self, memory_format=None):
    return self.to(_types.complex128)


@_method
def cfloat(self, memory_format=None):
    return self.to(_types.complex64)


@_method
def as_subclass(self, cls):
    found = object.__new__(cls)
    found.__dict__.update(self.__dict__)
    return found


@_method
def sum_to_size(self, *size):
    size = size[0] if len(size) == 1 and isinstance(size[0], (tuple, list)) else size
    lead = len(self.shape) - len(size)
    axes = [*range(lead), *(lead + i for i, d in enumerate(size) if d == 1 and self.shape[lead + i] != 1)]
    return self.sum(axes, keepdim=True).reshape(size) if axes else self


@_method
def register_post_accumulate_grad_hook(self, hook):
    return self.register_hook(hook)


@_method
def resize(self, *size):
    return self.reshape(*size)


@_method
def is_nonzero(self):
    return bool(self)


def _answers(names, value):
    for name in names.split():
        setattr(Tensor, name, lambda self, *args, **kwargs: value)


_answers("is_shared is_pinned is_inference is_coalesced is_set_to is_vulkan_tensor", False)
for _name in "is_mps is_xla is_xpu is_ipu is_mtia is_maia is_vulkan is_mkldnn is_sparse_csr retains_grad volatile".split():
    setattr(Tensor, _name, False)
Tensor.name = None


@_method
def to_dense(self, dtype=None, *, masked_grad=None):
    return self if dtype is None else self.to(dtype)


@_method
def storage_type(self):
    return type("TypedStorage", (), {})


def _itself(self, *args, **kwargs):
    return self


for _name in "to_mkldnn xpu ipu mtia refine_names rename align_to slice_inverse resolve_conj resolve_neg".split():
    setattr(Tensor, _name, _itself)


def _sparse_form(self, *args, **kwargs):
    return sparse.of_dense(self)


for _name in "to_sparse_coo to_sparse_csr to_sparse_csc".split():
    setattr(Tensor, _name, _sparse_form)


def _only_sparse(name):
    def run(self, *args, **kwargs):
        raise RuntimeError(f"{name}: expected a sparse tensor, but got one of layout torch.strided")

    run.__name__ = name
    setattr(Tensor, name, run)


for _name in "values indices coalesce crow_indices col_indices sparse_dim dense_dim sparse_mask".split():
    _only_sparse(_name)
_ = _default, local, size_of
