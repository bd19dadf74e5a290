"""Distances."""

from .. import functional as F
from ._simple import Simple, settings


@settings(p=2.0, eps=1e-6, keepdim=False)
class PairwiseDistance(Simple):
    _silent = ("p", "eps", "keepdim")

    def forward(self, x1, x2):
        return F.pairwise_distance(x1, x2, self.p, self.eps, self.keepdim)


@settings(dim=1, eps=1e-8)
class CosineSimilarity(Simple):
    _silent = ("dim", "eps")

    def forward(self, x1, x2):
        return F.cosine_similarity(x1, x2, self.dim, self.eps)
