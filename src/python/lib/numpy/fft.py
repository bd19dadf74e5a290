"""`numpy.fft`: spectra have shapes alone; frequencies are known."""

from . import _dtypes
from ._array import array_of, new
from ._reductions import axes_of, axis_of
from ._shapes import roll


def _one(half):
    def run(a, n=None, axis=-1, norm=None, out=None):
        a = array_of(a)
        axis = axis_of(axis, a.ndim)
        d = a.shape[axis] if n is None else int(n)
        if half == "inverse" and n is None:
            d = 2 * (d - 1)
        shape = [(d // 2 + 1 if half == "half" else d) if i == axis else s for i, s in enumerate(a.shape)]
        return new(None, shape, _dtypes.float64 if half == "inverse" else _dtypes.complex128)

    return run


fft, ifft, rfft, irfft = _one("whole"), _one("whole"), _one("half"), _one("inverse")


def _many(half, last_two):
    def run(a, s=None, axes=(-2, -1) if last_two else None, norm=None, out=None):
        a = array_of(a)
        places = axes_of(axes, a.ndim)
        shape = list(a.shape)
        for i, d in zip(places, s or [a.shape[k] for k in places]):
            shape[i] = d
        last = places[-1]
        if half == "half":
            shape[last] = shape[last] // 2 + 1
        elif half == "inverse" and s is None:
            shape[last] = 2 * (shape[last] - 1)
        return new(None, shape, _dtypes.float64 if half == "inverse" else _dtypes.complex128)

    return run


fft2, ifft2, rfft2, irfft2 = (_many(h, True) for h in ("whole", "whole", "half", "inverse"))
fftn, ifftn, rfftn, irfftn = (_many(h, False) for h in ("whole", "whole", "half", "inverse"))


def fftfreq(n, d=1.0):
    return array_of([(i if i < (n + 1) // 2 else i - n) / (n * d) for i in range(n)], float)


def rfftfreq(n, d=1.0):
    return array_of([i / (n * d) for i in range(n // 2 + 1)], float)


def fftshift(x, axes=None):
    x = array_of(x)
    places = axes_of(axes, x.ndim)
    return roll(x, [x.shape[i] // 2 for i in places], places)


def ifftshift(x, axes=None):
    x = array_of(x)
    places = axes_of(axes, x.ndim)
    return roll(x, [-(x.shape[i] // 2) for i in places], places)
