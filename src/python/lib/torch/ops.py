"""`torch.ops.torchvision.nms`: operators by namespace, found when they are asked for."""

import sys
import types

from . import _dispatch


class _Namespace(types.ModuleType):
    def __init__(self, name):
        super().__init__("torch.ops." + name)
        self._name = name

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        full = name if self._name == "aten" else f"{self._name}.{name}"
        if not _dispatch.known(full):
            raise AttributeError(f"'{self.__name__}' object has no attribute '{name}'")

        def operator(*args, **kwargs):
            return _dispatch.apply(full, args, kwargs, f"torch.ops.{self._name}.{name}")

        operator.default = operator
        setattr(self, name, operator)
        return operator


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
_made.__dict__.update({k: v for k, v in globals().items() if k.startswith("__")})
sys.modules[__name__] = _made
