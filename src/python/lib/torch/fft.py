"""`torch.fft`: operators by name."""

from . import _dispatch


def __getattr__(name):
    found = (
        _dispatch._function("fft_" + name, "torch.fft." + name) if not name.startswith("__") and _dispatch.known("fft_" + name) else None
    )
    if found is None:
        raise AttributeError(f"module 'torch.fft' has no attribute '{name}'")
    return found
