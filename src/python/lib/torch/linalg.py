"""`torch.linalg`: operators by name."""

from . import _dispatch


def __getattr__(name):
    found = _dispatch._function("linalg_" + name, "torch.linalg." + name) if not name.startswith("__") and _dispatch.known("linalg_" + name) else None
    if found is None:
        raise AttributeError(f"module 'torch.linalg' has no attribute '{name}'")
    return found
