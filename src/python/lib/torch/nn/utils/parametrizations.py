"""Norms of weights under their newer names."""

from .weight_norms import spectral_norm, weight_norm  # noqa: F401


def orthogonal(module, name="weight", orthogonal_map=None, *, use_trivialization=True):
    return module
