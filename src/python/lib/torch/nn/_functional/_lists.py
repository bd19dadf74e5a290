"""Arguments that may be one number or several."""

import collections.abc
from itertools import repeat


def listed(x):
    """A tuple as the list that an operator takes; a number stays one."""
    return list(x) if isinstance(x, (tuple, list)) else x


def _ntuple(n, name="parse"):
    def parse(x):
        if isinstance(x, collections.abc.Iterable) and not isinstance(x, str):
            return tuple(x)
        return tuple(repeat(x, n))

    parse.__name__ = name
    return parse


_single = _ntuple(1, "_single")
_pair = _ntuple(2, "_pair")
_triple = _ntuple(3, "_triple")
_quadruple = _ntuple(4, "_quadruple")
