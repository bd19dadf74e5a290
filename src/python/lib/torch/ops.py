"""`torch.ops.torchvision.nms`: operators by namespace, found on first use."""

import sys
import types

from . import _dispatch

# Names that a compiled extension defines.
_FIXED = {"torchvision._cuda_version": lambda: -1}
_packets = {}


class Packet:
    """An operator of all its overloads, known by its name."""

    def __init__(self, full):
        self._full = full
        self.__name__ = full.rpartition(".")[2]

    def __str__(self):
        return self._full

    def __repr__(self):
        return f"<OpOverloadPacket(op='{self._full}')>"

    @property
    def default(self):
        return self

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return self  # an overload

    @property
    def _overloadpacket(self):
        return self

    def __call__(self, *args, **kwargs):
        defined = defined_operators.get(self._full)
        if defined is not None:
            return defined(*args, **kwargs)
        name = self._full[5:] if self._full.startswith("aten.") else self._full
        return _dispatch.apply(name, args, kwargs, f"torch.ops.{self._full}")


# Operators that the program defines, by full name.
defined_operators = {}


def packet(full):
    """One object for each name."""
    found = _packets.get(full)
    if found is None:
        found = _packets[full] = Packet(full)
    return found


class _Namespace(types.ModuleType):
    def __init__(self, name):
        super().__init__("torch.ops." + name)
        self._name = name

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        full = f"{self._name}.{name}"
        if full in _FIXED:
            return _FIXED[full]
        if full not in defined_operators and not _dispatch.known(name if self._name == "aten" else full) and full not in _packets:
            if self._name != "torchvision" and (self._name != "aten" or name not in _ATEN):
                raise AttributeError(f"'{self.__name__}' object has no attribute '{name}'")
        return packet(full)


# Names under which counters list operators; the table of operators has them under others.
_ATEN = {
    "convolution_backward",
    "_scaled_dot_product_flash_attention",
    "_scaled_dot_product_efficient_attention",
    "_flash_attention_forward",
}


class _Ops(types.ModuleType):
    def load_library(self, path):
        return None

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        made = _Namespace(name)
        setattr(self, name, made)
        return made


_made = _Ops(__name__)
_made.__dict__.update({k: v for k, v in globals().items() if k.startswith("__") or k in ("packet", "Packet", "defined_operators")})
sys.modules[__name__] = _made
