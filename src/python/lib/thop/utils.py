"""Counts in words."""

from collections.abc import Iterable


def clever_format(nums, format="%.2f"):
    """Numbers with T, G, M or K behind them, B below a thousand; one number as one text, several as a tuple."""
    if not isinstance(nums, Iterable):
        nums = [nums]
    out = []
    for n in nums:
        for unit, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("K", 1e3)):
            if n > size:
                out.append(format % (n / size) + unit)
                break
        else:
            out.append(format % n + "B")
    return out[0] if len(out) == 1 else tuple(out)
