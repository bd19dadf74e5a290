"""
The selective scan, h_t = exp(Δ_t·A)·h_{t−1} + Δ_t·B_t·u_t and y_t = C_t·h_t + D·u_t, as its published reference spells it:
the states are made element by element, and y sums over the state: one multiply-accumulate an element of the states.
"""

import torch
import torch.nn.functional as F


def selective_scan_fn(u, delta, A, B, C, D=None, z=None, delta_bias=None, delta_softplus=False, return_last_state=False):
    """u, delta: B×D×L; A: D×N; B, C: D×N, or B×N×L, or B×G×N×L. Gives B×D×L."""
    if delta_bias is not None:
        delta = delta + delta_bias.reshape(-1, 1)
    if delta_softplus:
        delta = F.softplus(delta)
    batch, width, length = u.shape
    states = A.shape[-1]

    def spread(x):
        """B or C for every channel and step: batch, width, length, states; a view of what there is."""
        if x.dim() == 2:
            return x.view(1, width, 1, states).expand(batch, width, length, states)
        x = x if x.dim() == 4 else x.unsqueeze(1)
        groups = x.shape[1]
        x = x.transpose(-1, -2).unsqueeze(2).expand(batch, groups, width // groups, length, states)
        return x.reshape(batch, width, length, states)

    decay = torch.exp(torch.einsum("bdl,dn->bdln", delta, A.view(width, states)))
    inner = torch.einsum("bdl,bdln,bdl->bdln", delta, spread(B), u)
    hidden = decay * inner + inner  # the recurrence over all steps at once: a product and a sum for each
    y = torch.einsum("bdln,bdln->bdl", hidden, spread(C))
    if D is not None:
        y = y + u * D.reshape(-1, 1)
    if z is not None:
        y = y * F.silu(z)
    return (y, hidden[:, :, -1]) if return_last_state else y


selective_scan_ref = selective_scan_fn


def mamba_inner_fn(
    xz,
    conv1d_weight,
    conv1d_bias,
    x_proj_weight,
    delta_proj_weight,
    out_proj_weight,
    out_proj_bias,
    A,
    B=None,
    C=None,
    D=None,
    delta_bias=None,
    B_proj_bias=None,
    C_proj_bias=None,
    delta_softplus=True,
    **_,
):
    """The whole block: convolution, projections, scan, gate and the projection out."""
    x, z = xz.chunk(2, dim=1)
    width, length = x.shape[1], x.shape[-1]
    weight = conv1d_weight if conv1d_weight.dim() == 3 else conv1d_weight.unsqueeze(1)
    x = F.silu(F.conv1d(x, weight, conv1d_bias, padding=weight.shape[-1] - 1, groups=width)[..., :length])
    rank, states = delta_proj_weight.shape[1], A.shape[-1]
    mixed = F.linear(x.transpose(1, 2).reshape(-1, width), x_proj_weight)
    delta, rest_b, rest_c = mixed[:, :rank], mixed[:, rank : rank + states], mixed[:, -states:]
    delta = (delta_proj_weight @ delta.t()).reshape(width, -1, length).transpose(0, 1)
    per_step = lambda m: m.reshape(-1, length, states).transpose(1, 2)
    y = selective_scan_fn(
        x, delta, A, per_step(rest_b) if B is None else B, per_step(rest_c) if C is None else C, D, z, delta_bias, delta_softplus
    )
    return F.linear(y.transpose(1, 2), out_proj_weight, out_proj_bias)


mamba_inner_ref = mamba_inner_fn
