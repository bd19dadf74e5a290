from .layernorm import *  # noqa: F401,F403
