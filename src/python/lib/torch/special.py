"""`torch.special`: operators by name, and functions made of them."""

import math

from . import _compositions, _dispatch

polygamma, multigammaln = _compositions.polygamma, _compositions.mvlgamma
gammainc, gammaincc = _compositions.igamma, _compositions.igammac


def entr(input, *, out=None):
    return -(input * input.log())


def ndtr(input, *, out=None):
    return (input / math.sqrt(2)).erf() * 0.5 + 0.5


def ndtri(input, *, out=None):
    return (input * 2 - 1).erfinv() * math.sqrt(2)


def erfcx(input, *, out=None):
    return (input * input).exp() * input.erfc()


def xlog1py(input, other, *, out=None):
    return input * other.log1p()


def zeta(input, other, *, out=None):
    return _dispatch.apply("pow", (other, -input), None, "torch.special.zeta")


def _bessel(name):
    """Functions that libraries evaluate by their own series: one operation an element, as of i0."""

    def run(input, *, out=None):
        return _dispatch.apply("i0", (input,), None, "torch.special." + name)

    run.__name__ = name
    return run


for _name in (
    "i0e",
    "i1",
    "i1e",
    "bessel_j0",
    "bessel_j1",
    "bessel_y0",
    "bessel_y1",
    "modified_bessel_i0",
    "modified_bessel_i1",
    "modified_bessel_k0",
    "modified_bessel_k1",
    "scaled_modified_bessel_k0",
    "scaled_modified_bessel_k1",
    "spherical_bessel_j0",
    "airy_ai",
):
    globals()[_name] = _bessel(_name)


def __getattr__(name):
    found = (
        _dispatch._function("special_" + name, "torch.special." + name)
        if not name.startswith("__") and _dispatch.known("special_" + name)
        else None
    )
    if found is None:
        raise AttributeError(f"module 'torch.special' has no attribute '{name}'")
    return found
