"""The compiled selective scan in another build."""

from selective_scan_cuda import fwd  # noqa: F401
