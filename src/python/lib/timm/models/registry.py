from ._registry import *  # noqa: F401,F403
