"""Causal masks that are not written out."""

from enum import IntEnum, auto

from ... import _factories, _types


class CausalVariant(IntEnum):
    UPPER_LEFT = auto()
    LOWER_RIGHT = auto()


def _mask(*size):
    rows, columns = size[0] if len(size) == 1 and isinstance(size[0], (tuple, list)) else size
    return _factories.empty(rows, columns, dtype=_types.bool)


causal_upper_left = causal_lower_right = _mask
