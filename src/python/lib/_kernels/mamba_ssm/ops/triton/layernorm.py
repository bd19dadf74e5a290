"""Norms, with the residual added before them."""

import torch
import torch.nn.functional as F
from torch import nn


class RMSNorm(nn.Module):
    def __init__(self, hidden_size, eps=1e-5, dropout_p=0.0, device=None, dtype=None):
        super().__init__()
        self.eps, self.weight = eps, nn.Parameter(torch.ones(hidden_size))
        self.register_parameter("bias", None)

    def forward(self, x, residual=None, prenorm=False, residual_in_fp32=False):
        return rms_norm_fn(x, self.weight, None, residual, prenorm=prenorm, eps=self.eps)


def _norm(x, weight, bias, residual, prenorm, normalize):
    if residual is not None:
        x = x + residual
    out = normalize(x)
    return (out, x) if prenorm else out


def rms_norm_fn(x, weight, bias, residual=None, prenorm=False, residual_in_fp32=False, eps=1e-6, **_):
    return _norm(x, weight, bias, residual, prenorm, lambda t: F.rms_norm(t, weight.shape, weight, eps))


def layer_norm_fn(x, weight, bias, residual=None, eps=1e-6, prenorm=False, residual_in_fp32=False, is_rms_norm=False, **_):
    if is_rms_norm:
        return rms_norm_fn(x, weight, bias, residual, prenorm, eps=eps)
    return _norm(x, weight, bias, residual, prenorm, lambda t: F.layer_norm(t, weight.shape, weight, bias, eps))
