"""The compiled depthwise convolution: see causal_conv1d."""

from causal_conv1d import causal_conv1d_fn, causal_conv1d_update as _update


def causal_conv1d_fwd(x, weight, bias=None, *more):
    """The last flag says whether a SiLU follows; what stands between are indices and states of sequences."""
    return causal_conv1d_fn(x, weight, bias, activation="silu" if any(m is True for m in more) else None)


def causal_conv1d_update(x, conv_state, weight, bias=None, silu_activation=False, *more):
    return _update(x, conv_state, weight, bias, "silu" if silu_activation is True else None)
