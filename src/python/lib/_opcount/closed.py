"""
What leads out of Python is not there for a program, and cannot be made again: the modules by which Pyodide hands out objects
of the host, and those that read and write memory by address. Beneath this the process itself is confined: it is a fence,
not the wall.
"""

import _imp
import sys

from . import finder

_HOST = ("js", "pyodide", "pyodide_js", "_pyodide", "_pyodide_core")
# A source that imports these finds a stand-in, as for what is not installed.
_ADDRESSES = ("ctypes", "_ctypes")


class Closed:
    def find_spec(self, name, path=None, target=None):
        top = name.split(".")[0]
        if top in _HOST:
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)
        return finder.FINDER._standin(name) if top in _ADDRESSES else None


def load():
    """Loads all that is built in: afterwards nothing needs to be made any more."""
    for name in sys.builtin_module_names:
        if name not in _HOST and name not in _ADDRESSES:
            __import__(name)


def close():
    load()
    for name in list(sys.modules):
        if name.split(".")[0] in (*_HOST, *_ADDRESSES):
            del sys.modules[name]
    # By these a program would make a module for which no finder stands.
    for name in ("create_builtin", "exec_builtin", "create_dynamic", "exec_dynamic"):
        setattr(_imp, name, _refuse)
    sys.meta_path[:] = [f for f in sys.meta_path if not _of_pyodide(f)]
    sys.meta_path.insert(0, Closed())


def _of_pyodide(found):
    return "_pyodide" in (type(found).__module__.split(".")[0], str(getattr(found, "__module__", "")).split(".")[0])


def _refuse(*_):
    raise ImportError("no further built-in modules are made")
