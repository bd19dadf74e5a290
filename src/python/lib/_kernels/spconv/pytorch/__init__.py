"""Layers of spconv for PyTorch."""

from torch._noop import Words

from . import conv, core, modules  # noqa: F401
from .conv import LAYERS, SparseConvolution, SparseModule
from .core import SparseConvTensor, scatter_nd
from .modules import (
    RemoveGrid,
    SparseBatchNorm,
    SparseIdentity,
    SparseReLU,
    SparseSequential,
    ToDense,
    assign_name_for_sparse_modules,
    is_sparse_conv,
    is_spconv_module,
)

globals().update(LAYERS)
ConvAlgo = Words("ConvAlgo")
__all__ = [
    *LAYERS, "ConvAlgo", "RemoveGrid", "SparseBatchNorm", "SparseConvTensor", "SparseConvolution", "SparseIdentity", "SparseModule", "SparseReLU", "SparseSequential", "ToDense",
    "assign_name_for_sparse_modules", "is_sparse_conv", "is_spconv_module", "scatter_nd",
]  # fmt: skip
