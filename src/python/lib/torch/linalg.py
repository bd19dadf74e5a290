"""`torch.linalg`: operators by name, and what is made of them."""

from . import _algebra, _compositions, _dispatch
from ._noop_modules import _C

LinAlgError = _C._LinAlgError
globals().update(_algebra.LINALG)
vander = _compositions.vander


def tensordot(a, b, dims=2, *, out=None):
    from ._products import tensordot as product

    return product(a, b, dims)


def diagonal(A, *, offset=0, dim1=-2, dim2=-1):
    return A.diagonal(offset, dim1, dim2)


def __getattr__(name):
    found = (
        _dispatch._function("linalg_" + name, "torch.linalg." + name)
        if not name.startswith("__") and _dispatch.known("linalg_" + name)
        else None
    )
    if found is None:
        raise AttributeError(f"module 'torch.linalg' has no attribute '{name}'")
    return found
