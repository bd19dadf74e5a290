"""Root mean square norms."""

import torch
from torch import nn
import torch.nn.functional as F


def rms_norm(x, weight, epsilon):
    return F.rms_norm(x, weight.shape, weight, epsilon)


class RMSNorm(nn.Module):
    def __init__(self, hidden_size, eps=1e-5, dropout_p=0.0, device=None, dtype=None):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(hidden_size)), eps
        self.register_parameter("bias", None)

    def forward(self, x):
        return rms_norm(x, self.weight, self.eps)
