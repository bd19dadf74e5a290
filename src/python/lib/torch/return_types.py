from ._dispatch import _NAMED

globals().update(_NAMED)
