"""Mixtures: one of several distributions of a kind, chosen by another."""

import torch
from torch import Size

from ._base import Distribution


class MixtureSameFamily(Distribution):
    def __init__(self, mixture_distribution, component_distribution, validate_args=None):
        self._mixture_distribution, self._component_distribution = mixture_distribution, component_distribution
        super().__init__(component_distribution.batch_shape[:-1], component_distribution.event_shape)

    @property
    def mixture_distribution(self):
        return self._mixture_distribution

    @property
    def component_distribution(self):
        return self._component_distribution

    def sample(self, sample_shape=Size()):
        return torch.empty(self._extended_shape(sample_shape))

    def log_prob(self, x):
        each = self._component_distribution.log_prob(x.unsqueeze(-1 - len(self._event_shape)))
        return torch.logsumexp(each + torch.log_softmax(self._mixture_distribution.logits, dim=-1), dim=-1)
