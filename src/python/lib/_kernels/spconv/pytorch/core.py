"""A sparse grid: features of the active sites, and where the sites are."""

import itertools

import torch
from torch import SymInt

_numbers = itertools.count(1)


def new_sites():
    """A number of active sites that only the data tells."""
    return SymInt(f"sites_{next(_numbers)}")


class SparseConvTensor:
    def __init__(self, features, indices, spatial_shape, batch_size, grid=None, voxel_num=None, indice_dict=None, benchmark=False, **_):
        self.features, self.indices = features, indices
        self.spatial_shape, self.batch_size = [int(s) for s in spatial_shape], batch_size
        self.indice_dict = {} if indice_dict is None else indice_dict
        self.grid, self.voxel_num, self.benchmark = grid, voxel_num, benchmark

    def _with(self, features, indices=None, spatial_shape=None):
        return SparseConvTensor(
            features,
            self.indices if indices is None else indices,
            spatial_shape or self.spatial_shape,
            self.batch_size,
            indice_dict=self.indice_dict,
        )

    def replace_feature(self, features):
        return self._with(features)

    def shadow_copy(self):
        return self._with(self.features)

    def find_indice_pair(self, key):
        return self.indice_dict.get(key)

    @property
    def spatial_size(self):
        return torch.Size(self.spatial_shape).numel()

    @property
    def is_quantized(self):
        return False

    def dense(self, channels_first=True):
        channels = self.features.shape[1]
        batch = int(self.batch_size) if not hasattr(self.batch_size, "_formula") else self.batch_size
        shape = (batch, channels, *self.spatial_shape) if channels_first else (batch, *self.spatial_shape, channels)
        grid = torch.zeros(*shape, dtype=self.features.dtype)
        flat = grid.reshape(-1, channels)
        flat.index_copy_(0, torch.empty(self.features.shape[0], dtype=torch.int64), self.features)
        return grid

    def __add__(self, other):
        return self._with(self.features + (other.features if isinstance(other, SparseConvTensor) else other))

    __iadd__ = __add__

    def __opcount_tensors__(self):
        return [self.features]

    @classmethod
    def from_dense(cls, x):
        sites = new_sites()
        return cls(
            torch.empty(sites, x.shape[-1], dtype=x.dtype), torch.empty(sites, x.dim() - 1, dtype=torch.int32), x.shape[1:-1], x.shape[0]
        )


def scatter_nd(indices, updates, shape):
    return torch.zeros(*shape, dtype=updates.dtype)
