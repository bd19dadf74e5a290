"""Divergences of two distributions of one kind."""

import torch

from ._base import Independent
from ._continuous import Laplace, Normal
from ._discrete import Bernoulli, Categorical, OneHotCategorical

_registered = {}


def register_kl(type_p, type_q):
    def keep(function):
        _registered[(type_p, type_q)] = function
        return function

    return keep


def kl_divergence(p, q):
    own = next((f for (a, b), f in reversed(list(_registered.items())) if isinstance(p, a) and isinstance(q, b)), None)
    if own is not None:
        return own(p, q)
    if isinstance(p, Independent) and isinstance(q, Independent):
        return p._summed(kl_divergence(p.base_dist, q.base_dist))
    if isinstance(p, Normal) and isinstance(q, Normal):
        ratio = (p.scale / q.scale).pow(2)
        return 0.5 * (ratio + ((p.loc - q.loc) / q.scale).pow(2) - 1 - ratio.log())
    if isinstance(p, (Categorical, OneHotCategorical)) and type(p) is type(q):
        return (p.probs * (p.logits - q.logits)).sum(-1)
    if isinstance(p, Bernoulli) and isinstance(q, Bernoulli):
        softplus = torch.nn.functional.softplus
        return p.probs * (softplus(-q.logits) - softplus(-p.logits)) + (1 - p.probs) * (softplus(q.logits) - softplus(p.logits))
    if isinstance(p, Laplace) and isinstance(q, Laplace):
        ratio, away = p.scale / q.scale, (p.loc - q.loc).abs()
        return -ratio.log() + away / q.scale + ratio * torch.exp(-away / p.scale) - 1
    raise NotImplementedError(f"the divergence of {type(p).__name__} from {type(q).__name__} is not implemented by opcount")
