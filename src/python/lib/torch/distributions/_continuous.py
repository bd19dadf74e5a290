"""Distributions of real numbers."""

import math

import torch
from torch import Size

from ._base import Distribution, tensors

_LOG_2PI = math.log(2 * math.pi)


class _TwoParameters(Distribution):
    """Two parameters that broadcast to the batch shape."""

    has_rsample = True

    def __init__(self, first, second, validate_args=None):
        first, second = tensors(first, second)
        for name, value in zip(self._parameters, (first, second)):
            setattr(self, name, value)
        super().__init__(first.shape)

    def sample(self, sample_shape=Size()):
        return self.rsample(sample_shape).detach()

    def _noise(self, sample_shape):
        return torch.empty(self._extended_shape(sample_shape), dtype=getattr(self, self._parameters[0]).dtype)


class _LocationScale(_TwoParameters):
    _parameters = ("loc", "scale")

    def rsample(self, sample_shape=Size()):
        return self.loc + self._noise(sample_shape) * self.scale

    @property
    def mean(self):
        return self.loc

    mode = mean

    @property
    def variance(self):
        return self.scale.pow(2)


class Normal(_LocationScale):
    @property
    def stddev(self):
        return self.scale

    def log_prob(self, value):
        return -((value - self.loc) ** 2) / (2 * self.scale**2) - self.scale.log() - 0.5 * _LOG_2PI

    def entropy(self):
        return 0.5 + 0.5 * _LOG_2PI + torch.log(self.scale)

    def cdf(self, value):
        return 0.5 * (1 + torch.erf((value - self.loc) * self.scale.reciprocal() / math.sqrt(2)))

    def icdf(self, value):
        return self.loc + self.scale * torch.erfinv(2 * value - 1) * math.sqrt(2)


class Laplace(_LocationScale):
    def log_prob(self, value):
        return -torch.log(2 * self.scale) - torch.abs(value - self.loc) / self.scale

    def entropy(self):
        return 1 + torch.log(2 * self.scale)


class Cauchy(_LocationScale):
    pass


class Gumbel(_LocationScale):
    pass


class Logistic(_LocationScale):
    pass


class LogNormal(_LocationScale):
    def rsample(self, sample_shape=Size()):
        return super().rsample(sample_shape).exp()


class VonMises(_TwoParameters):
    _parameters = ("loc", "concentration")
    has_rsample = False

    def sample(self, sample_shape=Size()):
        return self._noise(sample_shape)


class Uniform(_TwoParameters):
    _parameters = ("low", "high")

    def rsample(self, sample_shape=Size()):
        return self.low + self._noise(sample_shape) * (self.high - self.low)

    @property
    def mean(self):
        return (self.high + self.low) / 2

    def log_prob(self, value):
        inside = self.low.le(value).type_as(self.low) * self.high.gt(value).type_as(self.low)
        return torch.log(inside) - torch.log(self.high - self.low)

    def entropy(self):
        return torch.log(self.high - self.low)


class Beta(_TwoParameters):
    _parameters = ("concentration1", "concentration0")

    def rsample(self, sample_shape=Size()):
        return self._noise(sample_shape)

    @property
    def mean(self):
        return self.concentration1 / (self.concentration1 + self.concentration0)


class Gamma(_TwoParameters):
    _parameters = ("concentration", "rate")

    def rsample(self, sample_shape=Size()):
        return self._noise(sample_shape) / self.rate

    @property
    def mean(self):
        return self.concentration / self.rate


class StudentT(_TwoParameters):
    _parameters = ("df", "loc")

    def __init__(self, df, loc=0.0, scale=1.0, validate_args=None):
        super().__init__(df, loc)
        self.scale = scale

    def rsample(self, sample_shape=Size()):
        return self.loc + self.scale * self._noise(sample_shape)


class _OneParameter(Distribution):
    has_rsample = True

    def __init__(self, value, validate_args=None):
        (value,) = tensors(value)
        setattr(self, self._parameters[0], value)
        super().__init__(value.shape)

    def sample(self, sample_shape=Size()):
        return self.rsample(sample_shape).detach()


class Exponential(_OneParameter):
    _parameters = ("rate",)

    def rsample(self, sample_shape=Size()):
        return torch.empty(self._extended_shape(sample_shape)) / self.rate

    @property
    def mean(self):
        return self.rate.reciprocal()

    def log_prob(self, value):
        return self.rate.log() - self.rate * value


class HalfNormal(_OneParameter):
    _parameters = ("scale",)

    def rsample(self, sample_shape=Size()):
        return (torch.empty(self._extended_shape(sample_shape)) * self.scale).abs()


class Chi2(_OneParameter):
    _parameters = ("df",)

    def rsample(self, sample_shape=Size()):
        return torch.empty(self._extended_shape(sample_shape))


class Dirichlet(Distribution):
    has_rsample = True

    def __init__(self, concentration, validate_args=None):
        self.concentration = concentration
        super().__init__(concentration.shape[:-1], concentration.shape[-1:])

    def rsample(self, sample_shape=Size()):
        return torch.empty(self._extended_shape(sample_shape))

    sample = rsample

    @property
    def mean(self):
        return self.concentration / self.concentration.sum(-1, True)


class MultivariateNormal(Distribution):
    has_rsample = True

    def __init__(self, loc, covariance_matrix=None, precision_matrix=None, scale_tril=None, validate_args=None):
        self.loc = loc
        if scale_tril is None:
            if covariance_matrix is None:
                raise NotImplementedError("MultivariateNormal of a precision matrix is not implemented by opcount")
            scale_tril = torch.linalg.cholesky(covariance_matrix)
        self._scale = scale_tril
        super().__init__(loc.shape[:-1], loc.shape[-1:])

    @property
    def mean(self):
        return self.loc

    @property
    def scale_tril(self):
        return self._scale

    def rsample(self, sample_shape=Size()):
        noise = torch.empty(self._extended_shape(sample_shape))
        return self.loc + torch.matmul(self._scale, noise.unsqueeze(-1)).squeeze(-1)

    def sample(self, sample_shape=Size()):
        return self.rsample(sample_shape)


class LowRankMultivariateNormal(Distribution):
    has_rsample = True

    def __init__(self, loc, cov_factor, cov_diag, validate_args=None):
        self.loc, self.cov_factor, self.cov_diag = loc, cov_factor, cov_diag
        super().__init__(loc.shape[:-1], loc.shape[-1:])

    def rsample(self, sample_shape=Size()):
        wide = torch.empty(Size(sample_shape) + self.loc.shape[:-1] + self.cov_factor.shape[-1:])
        low = torch.matmul(self.cov_factor, wide.unsqueeze(-1)).squeeze(-1)
        return self.loc + low + self.cov_diag.sqrt() * torch.empty(self._extended_shape(sample_shape))
