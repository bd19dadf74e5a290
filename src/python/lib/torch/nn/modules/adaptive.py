"""Softmax over very many classes, the rare ones in clusters with narrower weights."""

from collections import namedtuple

from ... import _joins
from ..._tensor import UnknownValue
from ..functional import log_softmax
from .container import ModuleList, Sequential
from .linear import Linear
from .module import Module

_ASMoutput = namedtuple("_ASMoutput", ("output", "loss"))


class AdaptiveLogSoftmaxWithLoss(Module):
    def __init__(self, in_features, n_classes, cutoffs, div_value=4.0, head_bias=False, device=None, dtype=None):
        super().__init__()
        self.in_features, self.n_classes, self.div_value, self.head_bias = in_features, n_classes, div_value, head_bias
        self.cutoffs = [*cutoffs, n_classes]
        self.shortlist_size = self.cutoffs[0]
        self.n_clusters = len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, bias=head_bias)
        self.tail = ModuleList()
        for i in range(self.n_clusters):
            width = int(in_features // (div_value ** (i + 1)))
            self.tail.append(
                Sequential(Linear(in_features, width, bias=False), Linear(width, self.cutoffs[i + 1] - self.cutoffs[i], bias=False))
            )

    def forward(self, input_, target_):
        raise UnknownValue(
            "AdaptiveLogSoftmaxWithLoss(input, target) computes the clusters of the targets alone, which are data; log_prob(input) computes all of them"
        )

    def _all(self, input, head):
        parts = [head[:, : self.shortlist_size]]
        for i, tail in enumerate(self.tail):
            parts.append(log_softmax(tail(input), dim=1) + head[:, self.shortlist_size + i].unsqueeze(1))
        return _joins.cat(parts, 1)

    def log_prob(self, input):
        return self._all(input, log_softmax(self.head(input), dim=1))

    def predict(self, input):
        return self.log_prob(input).argmax(dim=1)
