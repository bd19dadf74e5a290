from .mamba_simple import Block  # noqa: F401
