"""Matrix functions that PyTorch makes of products and of factors; what factors cost depends on the library, and is said so."""

import math

from . import _dispatch, _factories
from ._dispatch import apply


def _factor(name, of, more=None):
    """A function under its older name."""

    def run(*args, out=None, **kwargs):
        found = apply(of, args, kwargs, "torch." + name)
        return found if more is None else more(found)

    run.__name__ = name
    return run


pinverse = _factor("pinverse", "linalg_pinv")
matrix_exp = _factor("matrix_exp", "linalg_matrix_exp")
logdet = _factor("logdet", "linalg_slogdet", lambda found: found[1])
lu = _factor("lu", "linalg_lu_factor", tuple)
matrix_rank = _factor("matrix_rank", "linalg_matrix_rank")


def matrix_power(input, n, *, out=None):
    """As many products as repeated squaring takes."""
    if n < 0:
        input, n = apply("linalg_inv", (input,), None, "torch.matrix_power"), -n
    if n == 0:
        return _factories.eye(input.shape[-1], dtype=input.dtype).expand(*input.shape)
    square, found = None, None
    while n:
        square = input if square is None else square @ square
        if n & 1:
            found = square if found is None else found @ square
        n >>= 1
    return found


def symeig(input, eigenvectors=False, upper=True):
    values, vectors = apply("linalg_eigh", (input,), None, "torch.symeig")
    return values, vectors if eigenvectors else input.new_empty(0)


def eig(input, eigenvectors=False):
    values, vectors = apply("linalg_eig", (input,), None, "torch.eig")
    return values, vectors


def solve(input, A):
    return apply("linalg_solve", (A, input), None, "torch.solve"), A


def lstsq(input, A):
    return apply("linalg_lstsq", (A, input), None, "torch.lstsq")[0], None


def lu_unpack(LU_data, LU_pivots, unpack_data=True, unpack_pivots=True):
    n, m = LU_data.shape[-2:]
    k = n if n == m else min(n, m)
    lead = LU_data.shape[:-2]
    return LU_data.new_empty(*lead, n, n), LU_data.new_empty(*lead, n, k), LU_data.new_empty(*lead, k, m)


def _range(input, q, niter, M=None):
    """Columns that span the range of a matrix, by random projection and power iteration."""
    centred = input if M is None else input - M
    found = apply("linalg_qr", (centred @ input.new_empty(input.shape[-1], q),))[0]
    for _ in range(niter):
        found = apply("linalg_qr", (centred.transpose(-2, -1) @ found,))[0]
        found = apply("linalg_qr", (centred @ found,))[0]
    return found


def svd_lowrank(A, q=6, niter=2, M=None):
    wide = A.shape[-2] < A.shape[-1]
    a = A.transpose(-2, -1) if wide else A
    span = _range(a, q, niter, M)
    u, s, vh = apply("linalg_svd", (span.transpose(-2, -1) @ a, False))
    u, v = span @ u, vh.transpose(-2, -1)
    return (v, s, u) if wide else (u, s, v)


def pca_lowrank(A, q=None, center=True, niter=2):
    q = min(6, *A.shape[-2:]) if q is None else q
    return svd_lowrank(A - A.mean(-2, keepdim=True) if center else A, q, niter)


def vecdot(x, y, *, dim=-1, out=None):
    """Sums of products along an axis."""
    return (x * y).sum(dim)


def multi_dot(tensors, *, out=None):
    """A chain of products in the order that needs the fewest."""
    tensors = list(tensors)
    first, last = tensors[0].dim() == 1, tensors[-1].dim() == 1
    tensors[0] = tensors[0].unsqueeze(0) if first else tensors[0]
    tensors[-1] = tensors[-1].unsqueeze(1) if last else tensors[-1]
    found = _chain(tensors)
    found = found.squeeze(0) if first else found
    return found.squeeze(-1) if last else found


def _chain(matrices):
    n = len(matrices)
    extents = [matrices[0].shape[0], *[m.shape[1] for m in matrices]]
    best = {(i, i): (0, i) for i in range(n)}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            costs = [(best[i, k][0] + best[k + 1, j][0] + extents[i] * extents[k + 1] * extents[j + 1], k) for k in range(i, j)]
            best[i, j] = min(costs, key=lambda c: c[0])

    def product(i, j):
        if i == j:
            return matrices[i]
        k = best[i, j][1]
        return product(i, k) @ product(k + 1, j)

    return product(0, n - 1)


def matrix_norm(A, ord="fro", dim=(-2, -1), keepdim=False, *, dtype=None, out=None):
    if ord == "fro":
        return A.norm(2, list(dim), keepdim=keepdim)
    if ord in ("nuc", 2, -2):
        values = apply("linalg_svdvals", (A.movedim(dim, (-2, -1)),), None, "torch.linalg.matrix_norm")
        found = values.sum(-1) if ord == "nuc" else values.amax(-1) if ord == 2 else values.amin(-1)
        return found.unsqueeze(-1).unsqueeze(-1) if keepdim else found
    along, over = (dim[0], dim[1]) if abs(ord) == 1 else (dim[1], dim[0])
    sums = A.abs().sum(along, keepdim=True)
    found = sums.amax(over, keepdim=True) if ord > 0 else sums.amin(over, keepdim=True)
    return found if keepdim else found.squeeze(tuple(dim))


def cond(A, p=None, *, out=None):
    return apply("linalg_cond", (A, p), None, "torch.linalg.cond")


def tensorinv(A, ind=2, *, out=None):
    rows = math.prod(A.shape[:ind])
    return apply("linalg_inv", (A.reshape(rows, -1),), None, "torch.linalg.tensorinv").reshape(*A.shape[ind:], *A.shape[:ind])


def tensorsolve(A, B, dims=None, *, out=None):
    if dims is not None:
        A = A.movedim(tuple(dims), tuple(range(-len(dims), 0)))
    shape = A.shape[B.dim() :]
    return apply("linalg_solve", (A.reshape(B.numel(), -1), B.reshape(-1)), None, "torch.linalg.tensorsolve").reshape(*shape)


# Of torch.linalg, beyond the operators that are known by name.
LINALG = {
    "multi_dot": multi_dot,
    "matrix_power": matrix_power,
    "vecdot": vecdot,
    "matrix_norm": matrix_norm,
    "cond": cond,
    "tensorinv": tensorinv,
    "tensorsolve": tensorsolve,
}
FUNCTIONS = {
    f.__name__: f
    for f in (pinverse, matrix_exp, logdet, lu, matrix_rank, matrix_power, symeig, eig, solve, lstsq, lu_unpack, svd_lowrank, pca_lowrank)
}
METHODS = ("pinverse", "matrix_exp", "logdet", "lu", "matrix_power", "symeig", "eig", "lstsq", "solve")

_dispatch._NAMED.update(
    {name: _dispatch.namedtuple(name, fields) for name, fields in {
        "linalg_eig": ("eigenvalues", "eigenvectors"), "linalg_cholesky_ex": ("L", "info"), "linalg_inv_ex": ("inverse", "info"), "geqrf": ("a", "tau"),
        "linalg_lu": ("P", "L", "U"), "linalg_lu_factor": ("LU", "pivots"), "linalg_lu_factor_ex": ("LU", "pivots", "info"), "linalg_ldl_factor": ("LD", "pivots"),
        "linalg_solve_ex": ("result", "info"), "triangular_solve": ("solution", "cloned_coefficient"),
    }.items()}
)  # fmt: skip
