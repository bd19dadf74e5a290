"""Neighborhood attention: every place attends to the K or K² around it."""

from .functional import *  # noqa: F401,F403
from .modules import NeighborhoodAttention1D, NeighborhoodAttention2D  # noqa: F401

__version__ = "0.17.5"


def has_cuda():
    return False


has_gemm = has_half = has_bfloat = has_fna = has_cuda
