"""Distances between rows."""

from ..._dispatch import apply, outer


def cosine_similarity(x1, x2, dim=1, eps=1e-8):
    return apply("cosine_similarity", (x1, x2, dim, eps), None, "F.cosine_similarity")


@outer("F.pairwise_distance")
def pairwise_distance(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    return apply("norm", (x1 - x2 + eps, p, [-1], keepdim), None, "F.pairwise_distance")


def pdist(input, p=2.0):
    return apply("pdist", (input, float(p)), None, "F.pdist")
