"""
The library's own modules: a name that one of them lacks is an error that says so and what helps. Where such a name is only
imported (`from timm.layers import new_layer`), a stand-in takes its place until it is needed.
"""

import importlib.machinery
import opcode
import sys

from . import bridge, guards, standins

_IMPORT_FROM = opcode.opmap["IMPORT_FROM"]


class Loader(importlib.machinery.SourceFileLoader):
    def exec_module(self, module):
        super().exec_module(module)
        answer_for(module)


def hook(path):
    """A path hook for folders of the library."""
    if not path.startswith(bridge.ROOT):
        raise ImportError(path)
    return importlib.machinery.FileFinder(path, (Loader, [".py"]))


def install():
    """For modules that are there already, and for those to come."""
    sys.path_hooks.insert(0, hook)
    sys.path_importer_cache.clear()
    for module in list(sys.modules.values()):
        name = getattr(module, "__file__", None)
        if isinstance(name, str) and name.startswith(bridge.ROOT) and not module.__name__.startswith("_opcount"):
            answer_for(module)


def answer_for(module):
    """Sets the fallback for names that a module does not have."""
    package = module.__name__
    own = module.__dict__.get("__getattr__")

    def __getattr__(name):
        if own is not None:
            try:
                return own(name)
            except AttributeError as e:
                if isinstance(e, standins.AbsentAttribute):
                    raise
        if name.startswith("__"):
            raise AttributeError(f"module '{package}' has no attribute '{name}'")
        frame = sys._getframe(1)
        code = frame.f_code
        if code.co_code[frame.f_lasti] == _IMPORT_FROM and guards.verdict(frame) is None:
            found = module.__dict__[name] = standins.standin(f"{package}.{name}")
            return found
        raise standins.lacking(f"{package}.{name}")

    module.__dict__["__getattr__"] = __getattr__
