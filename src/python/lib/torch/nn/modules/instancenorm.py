"""Instance normalisation."""

from .. import functional as F
from .batchnorm import _LazyNorm, _NormBase


class _InstanceNorm(_NormBase):
    _axes = 0

    def __init__(self, num_features, eps=1e-5, momentum=0.1, affine=False, track_running_stats=False, device=None, dtype=None):
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype)

    def _check_input_dim(self, input):
        if input.dim() not in (self._axes + 1, self._axes + 2):
            raise ValueError(f"expected {self._axes + 1}D or {self._axes + 2}D input (got {input.dim()}D input)")

    def _get_no_batch_dim(self):
        return self._axes + 1

    def forward(self, input):
        self._check_input_dim(input)
        batched = input if input.dim() == self._axes + 2 else input.unsqueeze(0)
        out = F.instance_norm(
            batched,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            self.momentum or 0.0,
            self.eps,
        )
        return out if batched is input else out.squeeze(0)


class InstanceNorm1d(_InstanceNorm):
    _axes = 1


class InstanceNorm2d(_InstanceNorm):
    _axes = 2


class InstanceNorm3d(_InstanceNorm):
    _axes = 3


class LazyInstanceNorm1d(_LazyNorm, InstanceNorm1d):
    _becomes = InstanceNorm1d


class LazyInstanceNorm2d(_LazyNorm, InstanceNorm2d):
    _becomes = InstanceNorm2d


class LazyInstanceNorm3d(_LazyNorm, InstanceNorm3d):
    _becomes = InstanceNorm3d
