"""Depthwise convolution that sees no later step."""

import torch.nn.functional as F


def causal_conv1d_fn(
    x, weight, bias=None, seq_idx=None, initial_states=None, return_final_states=False, final_states_out=None, activation=None
):
    """x: B×D×L, weight: D×K."""
    length, taps = x.shape[-1], weight.shape[-1]
    out = F.conv1d(x, weight.unsqueeze(1), bias, padding=taps - 1, groups=weight.shape[0])[..., :length]
    out = F.silu(out) if activation in ("silu", "swish") else out
    return (out, x[..., -(taps - 1) :]) if return_final_states else out


def causal_conv1d_update(x, conv_state, weight, bias=None, activation=None, **_):
    """One step: the last K values of each channel."""
    window = conv_state[..., -weight.shape[-1] :]
    out = F.conv1d(window, weight.unsqueeze(1), bias, groups=weight.shape[0])
    out = out if x.dim() == 3 else out.squeeze(-1)
    return F.silu(out) if activation in ("silu", "swish") else out
