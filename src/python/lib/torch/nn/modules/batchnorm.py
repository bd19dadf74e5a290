"""Batch normalisation."""

from ... import _factories, _types
from .. import functional as F
from ..parameter import Parameter, UninitializedParameter
from .module import Module


class _NormBase(Module):
    __constants__ = ["track_running_stats", "momentum", "eps", "num_features", "affine"]

    def __init__(self, num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True, device=None, dtype=None):
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        if affine:
            self.weight = Parameter(_factories.empty(num_features, dtype=dtype))
            self.bias = Parameter(_factories.empty(num_features, dtype=dtype))
        else:
            self.register_parameter("weight", None)
            self.register_parameter("bias", None)
        if track_running_stats:
            self.register_buffer("running_mean", _factories.empty(num_features, dtype=dtype))
            self.register_buffer("running_var", _factories.empty(num_features, dtype=dtype))
            self.register_buffer("num_batches_tracked", _factories.tensor(0, dtype=_types.int64))
        else:
            self.register_buffer("running_mean", None)
            self.register_buffer("running_var", None)
            self.register_buffer("num_batches_tracked", None)

    def reset_running_stats(self):
        return None

    def reset_parameters(self):
        return None

    def _check_input_dim(self, input):
        return None

    def __opcount_describe__(self):
        return {n: getattr(self, n) for n in ("num_features", "eps", "affine", "track_running_stats")}

    def extra_repr(self):
        return f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, bias={self.bias is not None}, track_running_stats={self.track_running_stats}"


def _ranks(*ranks):
    def check(self, input):
        if input.dim() not in ranks:
            raise ValueError(f"expected {' or '.join(f'{r}D' for r in ranks)} input (got {input.dim()}D input)")

    return check


class _BatchNorm(_NormBase):
    def forward(self, input):
        self._check_input_dim(input)
        training = self.training or (self.running_mean is None and self.running_var is None)
        return F.batch_norm(input, self.running_mean, self.running_var, self.weight, self.bias, training, self.momentum or 0.0, self.eps)


class BatchNorm1d(_BatchNorm):
    _check_input_dim = _ranks(2, 3)


class BatchNorm2d(_BatchNorm):
    _check_input_dim = _ranks(4)


class BatchNorm3d(_BatchNorm):
    _check_input_dim = _ranks(5)


class SyncBatchNorm(_BatchNorm):
    def __init__(
        self, num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True, process_group=None, device=None, dtype=None
    ):
        super().__init__(num_features, eps, momentum, affine, track_running_stats)

    @classmethod
    def convert_sync_batchnorm(cls, module, process_group=None):
        out = module
        if isinstance(module, _BatchNorm) and not isinstance(module, SyncBatchNorm):
            out = SyncBatchNorm(module.num_features, module.eps, module.momentum, module.affine, module.track_running_stats)
            out.training = module.training
        for name, child in module.named_children():
            out.add_module(name, cls.convert_sync_batchnorm(child, process_group))
        return out


class _LazyNorm:
    _becomes = None

    def __init__(self, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True, device=None, dtype=None):
        super().__init__(0, eps, momentum, False, False)
        self.affine = affine
        self.track_running_stats = track_running_stats
        if affine:
            self.weight = UninitializedParameter()
            self.bias = UninitializedParameter()

    def __call__(self, input):
        n = self.num_features = input.shape[1]
        self.__class__ = type(self)._becomes
        if self.affine:
            self.weight.materialize((n,))
            self.bias.materialize((n,))
        if self.track_running_stats:
            self.running_mean = _factories.empty(n)
            self.running_var = _factories.empty(n)
            self.num_batches_tracked = _factories.tensor(0)
        return self(input)


class LazyBatchNorm1d(_LazyNorm, BatchNorm1d):
    _becomes = BatchNorm1d


class LazyBatchNorm2d(_LazyNorm, BatchNorm2d):
    _becomes = BatchNorm2d


class LazyBatchNorm3d(_LazyNorm, BatchNorm3d):
    _becomes = BatchNorm3d
