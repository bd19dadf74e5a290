"""The compiled selective scan: see mamba_ssm."""

from _opcount.selective_scan import selective_scan_fn


def fwd(u, delta, A, B, C, D=None, delta_bias=None, *more):
    """The gate z comes before delta_bias where it is given; the last flags say whether delta passes a softplus."""
    z, softplus = None, any(m is True for m in more)
    if more and hasattr(more[0], "_store"):
        z, delta_bias = delta_bias, more[0]
    out, last = selective_scan_fn(u, delta, A, B, C, D, None, delta_bias, softplus, return_last_state=True)
    return (out, last) if z is None else (out, last, out * z.sigmoid() * z)
