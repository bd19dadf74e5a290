"""Sparse tensors: their places and values; a product with one takes a multiply-accumulate a stored value and column."""

import itertools

from _opcount.bridge import OpcountError

from . import _dispatch, _factories, _types
from ._symbols import SymInt
from ._tensor import Tensor, from_data, local, size_of

_numbers = itertools.count(1)


class SparseTensor(Tensor):
    """`_values` and `_indices` as they were given; the dense shape is the tensor's own."""

    is_sparse = True
    layout = _types.sparse_coo

    def values(self):
        return self._values

    def indices(self):
        return self._indices

    def __opcount_tensors__(self):
        return [self._values, self._indices]

    def __opcount_wire__(self):
        raise OpcountError(
            "a sparse tensor is given to an operator that opcount does not know for sparse tensors",
            "unsupported",
            "multiply with torch.sparse.mm, or make it dense first (to_dense())",
        )

    def _with(self, values):
        return _sparse(self._indices, values, self.shape)

    def __mul__(self, other):
        return self._with(self._values * other)

    mul = __rmul__ = __mul__

    def __truediv__(self, other):
        return self._with(self._values / other)

    div = __truediv__

    def __neg__(self):
        return self._with(-self._values)

    def sum(self, dim=None, dtype=None):
        return sum(self, dim, dtype)

    def detach(self):
        return self

    clone = requires_grad_ = coalesce_ = detach

    def sparse_dim(self):
        return self._indices.shape[0]

    def dense_dim(self):
        return self._values.dim() - 1

    def _nnz(self):
        return self._values.shape[0]

    def coalesce(self):
        return self

    def is_coalesced(self):
        return True

    def to_dense(self, dtype=None):
        flat = _factories.zeros(self.shape, dtype=self.dtype)
        return flat.index_put(tuple(self._indices.unbind(0)), self._values)

    def to(self, *args, **kwargs):
        return self

    float = double = half = cuda = cpu = contiguous = to

    def t(self):
        return _sparse(self._indices.flip(0), self._values, tuple(reversed(self.shape)))

    def transpose(self, a, b):
        return self.t()

    def matmul(self, other):
        return mm(self, other)

    __matmul__ = matmul

    def mm(self, other):
        return mm(self, other)

    spmm = mm


def _sparse(indices, values, size):
    made = SparseTensor.__new__(SparseTensor)
    plain = local(size_of(size), values.dtype)
    made.__dict__.update(plain.__dict__)
    made._indices, made._values = indices, values
    return made


def of_dense(tensor):
    """The places of a dense tensor that are not zero: known, or a free number of them."""
    if tensor._known():
        flat = tensor._contents("to_sparse()")
        count = len([x for x in flat if x])
    else:
        count = SymInt(f"nonzero_{next(_numbers)}")
    return _sparse(
        _factories.empty(len(tensor.shape), count, dtype=_types.int64), _factories.empty(count, dtype=tensor.dtype), tensor.shape
    )


def sparse_coo_tensor(
    indices, values=None, size=None, *, dtype=None, device=None, requires_grad=False, check_invariants=None, is_coalesced=None
):
    indices = indices if isinstance(indices, Tensor) else from_data(indices, _types.int64)
    values = values if isinstance(values, Tensor) else from_data(values, dtype)
    if size is None:
        rows = [row._contents("sparse_coo_tensor() without a size") for row in indices.unbind(0)]
        size = [max(row) + 1 for row in rows] + list(values.shape[1:])
    return _sparse(indices, values if dtype is None else values.to(dtype), size)


def sparse_csr_tensor(crow_indices, col_indices, values, size=None, *, dtype=None, **_):
    if size is None:
        raise NotImplementedError("torch.sparse_csr_tensor without a size: give size=…")
    nnz = values.shape[0]
    return _sparse(_factories.empty(2, nnz, dtype=_types.int64), values, size)


def mm(mat1, mat2, reduce=None):
    """A stored value of the sparse one meets a row of the other: nnz × columns products."""
    if not isinstance(mat1, SparseTensor):
        return _dispatch.apply("mm", (mat1, mat2), None, "torch.sparse.mm")
    columns = mat2.shape[-1]
    rows = _dispatch.apply("mm", (mat1._values.reshape(1, -1), mat2.new_empty(mat1._nnz(), columns)), None, "torch.sparse.mm")
    return rows.expand(mat1.shape[0], columns)


def sum(input, dim=None, dtype=None):
    if isinstance(input, SparseTensor):
        if dim is None:
            return input._values.sum()
        input = input.to_dense()
    return input.sum(*([] if dim is None else [dim]))


def softmax(input, dim, *, dtype=None):
    return _sparse(input._indices, input._values.softmax(0), input.shape)


def addmm(mat, mat1, mat2, *, beta=1.0, alpha=1.0):
    return mat + mm(mat1, mat2)


def log_softmax(input, dim, *, dtype=None):
    return _sparse(input._indices, input._values.log_softmax(0), input.shape)


def sampled_addmm(input, mat1, mat2, *, beta=1.0, alpha=1.0, out=None):
    """Products at the stored places alone."""
    rows = mat1.new_empty(input._nnz(), 1, mat1.shape[-1]) @ mat1.new_empty(input._nnz(), mat1.shape[-1], 1)
    return input._with(rows.reshape(-1) + input._values)


def _spmm(name):
    def run(input, mat2):
        if isinstance(input, SparseTensor):
            return mm(input, mat2)
        return _dispatch.apply("mm" if name != "matmul" else "matmul", (input, mat2), None, "torch." + name)

    run.__name__ = name
    return run


spmm, hspmm = _spmm("spmm"), _spmm("hspmm")
_dispatch.TENSORS.add(SparseTensor)
