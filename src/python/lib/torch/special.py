"""`torch.special`: operators by name."""

from . import _dispatch


def __getattr__(name):
    found = _dispatch._function("special_" + name, "torch.special." + name) if not name.startswith("__") and _dispatch.known("special_" + name) else None
    if found is None:
        raise AttributeError(f"module 'torch.special' has no attribute '{name}'")
    return found
