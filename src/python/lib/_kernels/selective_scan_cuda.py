"""The compiled selective scan: see mamba_ssm."""

from _opcount.selective_scan import selective_scan_fn


def fwd(u, delta, A, B, C, D=None, delta_bias=None, *more):
    """The gate z comes before delta_bias where it is given; the last flags say whether delta passes a softplus."""
    z, softplus = None, any(m is True for m in more)
    if more and hasattr(more[0], "_store"):
        z, delta_bias = delta_bias, more[0]
    out = selective_scan_fn(u, delta, A, B, C, D, None, delta_bias, softplus)
    # The states at the ends of chunks of 2048 steps, each beside the product of its decays.
    states = out.new_empty(u.shape[0], u.shape[1], -(-u.shape[-1] // 2048), 2 * A.shape[-1])
    return (out, states) if z is None else (out, states, out * z.sigmoid() * z)
