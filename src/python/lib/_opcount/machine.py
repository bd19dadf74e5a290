"""The computer as programs see it: an ordinary one, since some refuse to be imported elsewhere."""

import importlib.machinery as machinery
import platform
import sys


def without_extensions():
    """Compiled modules of a folder of packages are for another machine: they are ignored."""
    loaders = [
        (machinery.SourceFileLoader, machinery.SOURCE_SUFFIXES),
        (machinery.SourcelessFileLoader, machinery.BYTECODE_SUFFIXES),
    ]
    sys.path_hooks[:] = [h for h in sys.path_hooks if "FileFinder" not in getattr(h, "__qualname__", "")]
    sys.path_hooks.append(machinery.FileFinder.path_hook(*loaders))
    sys.path_importer_cache.clear()


def pose():
    without_extensions()
    import multiprocessing  # noqa: F401  (these look at the real platform, once)
    import subprocess  # noqa: F401

    sys.platform = "linux"
    platform.system = lambda: "Linux"
    platform.machine = lambda: "x86_64"
    platform.platform = lambda *a, **k: "Linux-x86_64"
    platform.release = lambda: "6.0"
