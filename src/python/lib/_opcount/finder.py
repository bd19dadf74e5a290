"""
The last place where a module is looked for: kernels that are counted by formula, then a stand-in for what is not installed.
Imports that the author guards find an absent package, as on a machine without it.
"""

import importlib.abc
import importlib.machinery
import importlib.metadata
import importlib.util
import os
import sys

from . import bridge, guards, requirements, standins
from .versions import FIRM, VERSIONS

KERNELS = bridge.ROOT + "_kernels"
# Of the standard library, what the interpreter leaves out.
LEFT_OUT = {"lzma", "ssl", "sqlite3", "resource", "fcntl", "termios", "readline", "curses", "tkinter", "_multiprocessing", "pwd", "grp", "_posixsubprocess", "_ssl", "_lzma", "_sqlite3"}  # fmt: skip
_COMPILED = ("_C", "_ext", "_cuda", "_cpp", "_kernels")


# These are always opcount's own: what is counted passes through them.
OURS = {"torch", "numpy", "thop", "fvcore", "ptflops", "calflops", "torchinfo", "torchprofile", "torchstat", "torchsummary", "regex"}
# Compiled through and through: where a folder has them, they cannot run here.
COMPILED_PACKAGES = {"PIL", "cv2", "pandas", "scipy", "sklearn", "skimage", "matplotlib", "tensorflow", "jax", "jaxlib", "pyarrow", "h5py", "numba", "llvmlite", "onnx", "onnxruntime", "torchaudio"}  # fmt: skip


class Ours(importlib.abc.MetaPathFinder):
    """Comes before all other finders: for packages that a folder may hold too, but that must not replace ours or cannot run."""

    def find_spec(self, name, path=None, target=None):
        if name in OURS:
            return importlib.machinery.PathFinder.find_spec(name, [bridge.ROOT])
        if name in COMPILED_PACKAGES and not _is_source(name):
            frame, asks = guards.importing_frame()
            if asks or (frame is not None and guards.verdict(frame) == "absent"):
                raise ModuleNotFoundError(f"No module named '{name}'", name=name)
            return FINDER.find_spec(name)
        return None


def _spec_or_none(name, package=None, _find=importlib.util.find_spec):
    try:
        return _find(name, package)
    except ModuleNotFoundError as e:
        if e.name == name:
            return None  # kept away by `Ours`
        raise


def install():
    sys.meta_path.insert(1, Ours())
    sys.meta_path.append(FINDER)
    importlib.util.find_spec = _spec_or_none


def _is_source(name):
    """Whether a program brings a module of that name itself: a plain file or folder beside its own."""
    spec = importlib.machinery.PathFinder.find_spec(name, sys.path)
    if spec is None:
        return False
    folders = list(spec.submodule_search_locations or [])
    return not any(os.path.exists(f + "/__init__.py") and "site-packages" in f for f in folders)


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        frame, asks = guards.importing_frame()
        top, _, rest = name.partition(".")
        parent = sys.modules.get(name.rpartition(".")[0])
        if top in LEFT_OUT:
            return self._standin(name)
        if top in sys.stdlib_module_names:
            return None  # what Python's own library lacks here is kept away on purpose
        if asks and not rest and top in requirements.needed_by(guards.asking_file(frame)):
            return self._standin(name)
        if asks or frame is None or frame.f_code.co_filename.startswith("/lib/python"):
            return None
        guard = guards.verdict(frame)
        if guard == "absent":
            return None
        if not rest:
            spec = _kernel(name)
            if spec is not None:
                return spec
        elif not _replaceable(parent, name.rpartition(".")[2]):
            return None
        return None if guard == "idle" else self._standin(name)

    def _standin(self, name):
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        return standins.Absent(spec.name)

    def exec_module(self, module):
        return None

    def find_distributions(self, context):
        found = VERSIONS.get((context.name or "").lower().replace("_", "-"))
        if found is not None and found not in FIRM:
            found = AnyVersion(found)
        elif found is None and context.name and _asked_without_another_way():
            found = AnyVersion("0.0.0")
        return [Distribution(context.name, found)] if found else []


class AnyVersion(str):
    """The version of a package that is not installed: it is whatever is asked for, where a program insists on one."""


def _asked_without_another_way():
    """Whether the program asks for a version without providing for an absent package."""
    frame, _ = guards.importing_frame()
    return frame is not None and guards.verdict(frame) != "absent" and not frame.f_code.co_filename.startswith("/lib/python")


def _kernel(name):
    """The spec of a kernel that is counted by formula, or None. The case of the name counts, whatever the file system."""
    spec = importlib.machinery.PathFinder.find_spec(name, [KERNELS])
    return spec if spec is not None and spec.loader is not None else None


def is_kernel(name):
    """Whether a compiled package is counted by formula."""
    return _kernel(name) is not None


def _replaceable(parent, name):
    """Whether a missing part of a package may be stood for: all of a stand-in or of ours, else compiled parts alone."""
    if parent is None or isinstance(parent, standins.Absent):
        return True
    if (getattr(parent, "__file__", None) or bridge.ROOT).startswith(bridge.ROOT):
        return True
    if name in _COMPILED or name.endswith(_COMPILED[1:]):
        return True
    folders = [f for f in getattr(parent, "__path__", []) if os.path.isdir(f)]
    return any(n.startswith(name + ".") and n.endswith((".so", ".pyd")) for f in folders for n in os.listdir(f))


class Distribution(importlib.metadata.Distribution):
    """A package as `importlib.metadata` tells of it."""

    def __init__(self, name, version):
        self._name, self._version = name, version

    @property
    def version(self):
        return self._version

    def read_text(self, filename):
        if filename in ("METADATA", "PKG-INFO"):
            return f"Metadata-Version: 2.1\nName: {self._name}\nVersion: {self._version}\n"
        return None

    def locate_file(self, path):
        return os.path.join(bridge.ROOT, path)


FINDER = Finder()
