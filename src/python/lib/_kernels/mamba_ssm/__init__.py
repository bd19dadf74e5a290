"""mamba_ssm: the selective scan by formula, and the block around it."""

from .modules.mamba_simple import Mamba  # noqa: F401
from .ops.selective_scan_interface import mamba_inner_fn, selective_scan_fn  # noqa: F401

__version__ = "2.2.5"
