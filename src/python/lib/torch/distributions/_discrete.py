"""Distributions of counts and classes: from probabilities or logits."""

import torch
import torch.nn.functional as F
from torch import Size

from ._base import Distribution, tensors


class _Weighted(Distribution):
    """Probabilities or logits, the other worked out when it is asked for."""

    def __init__(self, probs=None, logits=None, validate_args=None):
        if (probs is None) == (logits is None):
            raise ValueError("Either `probs` or `logits` must be specified, but not both.")
        (given,) = tensors(probs if probs is not None else logits)
        self._given, self._is_probs = given, probs is not None
        super().__init__(*self._shapes(given))

    def _shapes(self, given):
        return given.shape, ()

    @property
    def probs(self):
        return self._given if self._is_probs else self._to_probs(self._given)

    @property
    def logits(self):
        return self._to_logits(self._given) if self._is_probs else self._given

    def _to_probs(self, logits):
        return torch.sigmoid(logits)

    def _to_logits(self, probs):
        return torch.log(probs) - torch.log1p(-probs)

    @property
    def param_shape(self):
        return self._given.shape

    @property
    def mean(self):
        return self.probs

    def expand(self, batch_shape):
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        made._given = self._given.expand(*batch_shape, *self._given.shape[len(self._batch_shape) :])
        made._batch_shape = Size(batch_shape)
        return made

    def sample(self, sample_shape=Size()):
        return torch.empty(self._extended_shape(sample_shape), dtype=self._given.dtype)


class Bernoulli(_Weighted):
    has_enumerate_support = True

    @property
    def variance(self):
        return self.probs * (1 - self.probs)

    @property
    def mode(self):
        return (self.probs >= 0.5).to(self.probs)

    def log_prob(self, value):
        logits, value = torch.broadcast_tensors(self.logits, value)
        return -F.binary_cross_entropy_with_logits(logits, value, reduction="none")

    def entropy(self):
        return F.binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")


class RelaxedBernoulli(_Weighted):
    has_rsample = True

    def __init__(self, temperature, probs=None, logits=None, validate_args=None):
        self.temperature = temperature
        super().__init__(probs, logits)

    def rsample(self, sample_shape=Size()):
        noise = torch.empty(self._extended_shape(sample_shape))
        return torch.sigmoid((noise.log() - (-noise).log1p() + self.logits) / self.temperature)

    sample = rsample


class _Classes(_Weighted):
    """The last axis has a weight for each class."""

    def _shapes(self, given):
        return given.shape[:-1], ()

    @property
    def _num_events(self):
        return self._given.shape[-1]

    def _to_probs(self, logits):
        return torch.softmax(logits, -1)

    def _to_logits(self, probs):
        return torch.log(probs)

    @property
    def probs(self):
        return self._given / self._given.sum(-1, keepdim=True) if self._is_probs else self._to_probs(self._given)

    @property
    def logits(self):
        return torch.log(self.probs) if self._is_probs else self._given - self._given.logsumexp(-1, keepdim=True)


class Categorical(_Classes):
    has_enumerate_support = True

    def sample(self, sample_shape=Size()):
        return torch.empty(self._extended_shape(sample_shape), dtype=torch.int64)

    @property
    def mode(self):
        return self.probs.argmax(-1)

    def log_prob(self, value):
        value = value.long().unsqueeze(-1)
        logits = self.logits
        shape = torch.broadcast_shapes(value.shape[:-1], logits.shape[:-1])
        return logits.expand(*shape, logits.shape[-1]).gather(-1, value.expand(*shape, 1)).squeeze(-1)

    def entropy(self):
        return -(self.logits * self.probs).sum(-1)


class OneHotCategorical(_Classes):
    has_enumerate_support = True

    def _shapes(self, given):
        return given.shape[:-1], given.shape[-1:]

    @property
    def mode(self):
        return F.one_hot(self.probs.argmax(-1), self._num_events).to(self._given)

    def log_prob(self, value):
        return (self.logits * value).sum(-1)

    def entropy(self):
        return -(self.logits * self.probs).sum(-1)


class OneHotCategoricalStraightThrough(OneHotCategorical):
    has_rsample = True

    def rsample(self, sample_shape=Size()):
        return self.sample(sample_shape) + (self.probs - self.probs.detach())


class RelaxedOneHotCategorical(OneHotCategorical):
    has_rsample = True

    def __init__(self, temperature, probs=None, logits=None, validate_args=None):
        self.temperature = temperature
        super().__init__(probs, logits)

    def rsample(self, sample_shape=Size()):
        noise = -((-torch.empty(self._extended_shape(sample_shape)).log()).log())
        return torch.softmax((self.logits + noise) / self.temperature, -1)

    def sample(self, sample_shape=Size()):
        return self.rsample(sample_shape)


class Multinomial(_Classes):
    def __init__(self, total_count=1, probs=None, logits=None, validate_args=None):
        self.total_count = total_count
        super().__init__(probs, logits)

    def _shapes(self, given):
        return given.shape[:-1], given.shape[-1:]


class Binomial(_Weighted):
    def __init__(self, total_count=1, probs=None, logits=None, validate_args=None):
        self.total_count = total_count
        super().__init__(probs, logits)


class NegativeBinomial(_Weighted):
    def __init__(self, total_count, probs=None, logits=None, validate_args=None):
        self.total_count = total_count
        super().__init__(probs, logits)


class Geometric(_Weighted):
    pass


class Poisson(Distribution):
    def __init__(self, rate, validate_args=None):
        (self.rate,) = tensors(rate)
        super().__init__(self.rate.shape)

    @property
    def mean(self):
        return self.rate

    def log_prob(self, value):
        return value.xlogy(self.rate) - self.rate - (value + 1).lgamma()
