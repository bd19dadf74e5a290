"""Helpers of distributions."""

import torch

from ._base import tensors

euler_constant = 0.57721566490153286060


def broadcast_all(*values):
    return tuple(tensors(*values))


def clamp_probs(probs):
    eps = torch.finfo(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)


def probs_to_logits(probs, is_binary=False):
    kept = clamp_probs(probs)
    return torch.log(kept) - torch.log1p(-kept) if is_binary else torch.log(kept)


def logits_to_probs(logits, is_binary=False):
    return torch.sigmoid(logits) if is_binary else torch.nn.functional.softmax(logits, dim=-1)


class lazy_property:
    """A property that is computed once."""

    def __init__(self, wrapped):
        self.wrapped = wrapped

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        value = self.wrapped(instance)
        setattr(instance, self.wrapped.__name__, value)
        return value


def tril_matrix_to_vec(mat, diag=0):
    n = mat.shape[-1]
    places = [i * n + j for i in range(n) for j in range(n) if j <= i + diag]
    return mat.reshape(*mat.shape[:-2], n * n)[..., places]


def vec_to_tril_matrix(vec, diag=0):
    n = round((-(1 + 2 * diag) + ((1 + 2 * diag) ** 2 + 8 * vec.shape[-1] + 4 * abs(diag) * (diag + 1)) ** 0.5) / 2)
    return vec.new_zeros(*vec.shape[:-1], n, n)
