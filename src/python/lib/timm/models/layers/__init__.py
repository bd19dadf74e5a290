"""The place of timm's layers in older versions."""

import sys

from ... import layers as _layers
from ...layers import *  # noqa: F401,F403

for _name, _module in list(sys.modules.items()):
    if _name.startswith("timm.layers."):
        sys.modules["timm.models.layers." + _name.rpartition(".")[2]] = _module


def __getattr__(name):
    return getattr(_layers, name)
