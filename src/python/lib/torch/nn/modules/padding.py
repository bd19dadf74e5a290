"""Padding."""

from .. import functional as F
from .module import Module
from .utils import _ntuple


def _pad(name, axes, mode, valued=False):
    class Pad(Module):
        def __init__(self, padding, value=0.0):
            super().__init__()
            self.padding = _ntuple(2 * axes)(padding)
            if mode == "constant":
                self.value = value

        def __opcount_describe__(self):
            return {"padding": self.padding}

        def forward(self, input):
            return F.pad(input, self.padding, mode, self.value if mode == "constant" else None)

        def extra_repr(self):
            return f"padding={self.padding}, value={self.value}" if valued else f"{self.padding}"

    Pad.__name__ = Pad.__qualname__ = name
    Pad.__module__ = __name__
    return Pad


for _axes in (1, 2, 3):
    globals()[f"ConstantPad{_axes}d"] = _pad(f"ConstantPad{_axes}d", _axes, "constant", valued=True)
    globals()[f"ZeroPad{_axes}d"] = _pad(f"ZeroPad{_axes}d", _axes, "constant")
    globals()[f"ReflectionPad{_axes}d"] = _pad(f"ReflectionPad{_axes}d", _axes, "reflect")
    globals()[f"ReplicationPad{_axes}d"] = _pad(f"ReplicationPad{_axes}d", _axes, "replicate")
    globals()[f"CircularPad{_axes}d"] = _pad(f"CircularPad{_axes}d", _axes, "circular")
