"""DeepSpeed: its profiler; what else is imported of it stands in for itself."""

from _opcount.standins import standin as _standin

from . import profiling  # noqa: F401

__version__ = "0.19.6"


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return _standin(f"deepspeed.{name}")
