from . import flops_profiler  # noqa: F401
