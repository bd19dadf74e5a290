"""Shared by all distributions: batch and event shapes, samples of the extended shape."""

import torch
from torch import Size, Tensor


def tensors(*values):
    """Numbers and tensors broadcast to one shape, as tensors."""
    known = [v for v in values if isinstance(v, Tensor)]
    dtype = known[0].dtype if known else torch.get_default_dtype()
    made = [v if isinstance(v, Tensor) else torch.tensor(float(v), dtype=dtype) for v in values]
    shape = torch.broadcast_shapes(*[t.shape for t in made])
    return [t if t.shape == shape else t.expand(shape) for t in made]


class Distribution:
    has_rsample = False
    has_enumerate_support = False
    _parameters = ()
    arg_constraints = {}

    def __init__(self, batch_shape=Size(), event_shape=Size(), validate_args=None):
        self._batch_shape, self._event_shape = Size(batch_shape), Size(event_shape)

    @staticmethod
    def set_default_validate_args(value):
        return None

    @property
    def batch_shape(self):
        return self._batch_shape

    @property
    def event_shape(self):
        return self._event_shape

    def _extended_shape(self, sample_shape=Size()):
        return Size(sample_shape) + self._batch_shape + self._event_shape

    def sample(self, sample_shape=Size()):
        return torch.empty(self._extended_shape(sample_shape))

    def rsample(self, sample_shape=Size()):
        raise NotImplementedError(f"{type(self).__name__}.rsample is not implemented")

    def sample_n(self, n):
        return self.sample(Size((n,)))

    def expand(self, batch_shape):
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        for name in self._parameters:
            value = getattr(self, name)
            tail = value.shape[len(self._batch_shape) :]
            setattr(made, name, value.expand(*batch_shape, *tail))
        made._batch_shape = Size(batch_shape)
        return made

    @property
    def stddev(self):
        return self.variance.sqrt()

    def perplexity(self):
        return torch.exp(self.entropy())

    def log_prob(self, value):
        raise NotImplementedError(f"{type(self).__name__}.log_prob is not implemented by opcount")

    def entropy(self):
        raise NotImplementedError(f"{type(self).__name__}.entropy is not implemented by opcount")

    def __repr__(self):
        return f"{type(self).__name__}()"


class ExponentialFamily(Distribution):
    pass


class Independent(Distribution):
    """Some batch axes count as the event's."""

    def __init__(self, base_distribution, reinterpreted_batch_ndims, validate_args=None):
        shape = base_distribution.batch_shape + base_distribution.event_shape
        n = len(base_distribution.batch_shape) - reinterpreted_batch_ndims
        super().__init__(shape[:n], shape[n:])
        self.base_dist, self.reinterpreted_batch_ndims = base_distribution, reinterpreted_batch_ndims
        self.has_rsample = base_distribution.has_rsample

    def sample(self, sample_shape=Size()):
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape=Size()):
        return self.base_dist.rsample(sample_shape)

    @property
    def mean(self):
        return self.base_dist.mean

    @property
    def mode(self):
        return self.base_dist.mode

    @property
    def variance(self):
        return self.base_dist.variance

    def _summed(self, value):
        n = self.reinterpreted_batch_ndims
        return value.sum(tuple(range(-n, 0))) if n else value

    def log_prob(self, value):
        return self._summed(self.base_dist.log_prob(value))

    def entropy(self):
        return self._summed(self.base_dist.entropy())


class TransformedDistribution(Distribution):
    def __init__(self, base_distribution, transforms, validate_args=None):
        super().__init__(base_distribution.batch_shape, base_distribution.event_shape)
        self.base_dist = base_distribution
        self.transforms = list(transforms) if isinstance(transforms, (list, tuple)) else [transforms]
        self.has_rsample = base_distribution.has_rsample

    def _through(self, x):
        for t in self.transforms:
            x = t(x)
        return x

    def sample(self, sample_shape=Size()):
        return self._through(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape=Size()):
        return self._through(self.base_dist.rsample(sample_shape))

    def log_prob(self, value):
        total = 0
        for t in reversed(self.transforms):
            x = t._inverse(value)
            total = total - t.log_abs_det_jacobian(x, value)
            value = x
        return self.base_dist.log_prob(value) + total

    def cdf(self, value):
        for t in reversed(self.transforms):
            value = t._inverse(value)
        return self.base_dist.cdf(value)
