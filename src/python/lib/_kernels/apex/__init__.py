"""apex: its norms are PyTorch's; what else is imported of it stands in for itself."""

from . import normalization, parallel  # noqa: F401


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    from _opcount.standins import standin

    return standin(f"apex.{name}")
