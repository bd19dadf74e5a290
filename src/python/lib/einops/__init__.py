"""Axes by name: rearrange, reduce, repeat, pack, einsum; the operators under them are those that einops calls."""

from ._errors import EinopsError  # noqa: F401
from ._packing import pack, unpack  # noqa: F401
from ._rearranging import asnumpy, einsum, parse_shape, rearrange, reduce, repeat  # noqa: F401

__version__ = "0.8.1"
