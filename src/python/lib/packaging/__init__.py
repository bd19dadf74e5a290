from . import version  # noqa: F401
