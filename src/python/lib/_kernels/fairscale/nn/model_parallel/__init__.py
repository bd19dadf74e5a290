"""Layers cut into pieces over devices: the one piece of one device."""

from . import initialize, layers  # noqa: F401
