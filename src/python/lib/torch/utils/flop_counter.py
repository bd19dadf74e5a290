"""FlopCounterMode: see _opcount.tools."""

from _opcount.tools import FlopCounterMode  # noqa: F401
