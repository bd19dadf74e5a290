"""
Stand-ins for packages that are not installed: they can be imported, inherited from, used as decorators, contexts, types
and constants. What needs a result of them (arithmetic, a size, a call with tensors) is an error that names the package.
"""

import abc
import functools
import os
import sys
import types

from . import bridge, recorder
from .refusals import AbsentAttribute, AbsentError, lacking, refuse, why  # noqa: F401

# Calls into absent packages that were handed modules: the name that was called, where, and the modules.
handed = []


class Absent(types.ModuleType):
    """A module of a package that is not installed."""

    __version__ = "0.0.0"

    def __init__(self, name):
        super().__init__(name)
        self.__path__ = []

    def __getattr__(self, name):
        full = f"{self.__name__}.{name}"
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(f"module '{self.__name__}' has no attribute '{name}'")
        found = sys.modules.get(full)
        if found is None:
            found = standin(full)
        setattr(self, name, found)
        return found

    def __or__(self, other):
        return self

    __ror__ = __or__

    def __call__(self, *args, **kwargs):
        return called(self.__name__, args, kwargs)

    def __mro_entries__(self, bases):
        return (standin(self.__name__),)


# Functions that give back the module that they are given, as it is to be run.
_WRAPPERS = {"checkpoint_wrapper", "wrap", "auto_wrap", "compile", "prepare", "DistributedDataParallel", "FullyShardedDataParallel"}


def called(name, args, kwargs):
    """A call into an absent package: a decorator gives back what it decorates, a question is answered with no."""
    given = [*args, *kwargs.values()]
    if args and not isinstance(args[0], type) and _is_module(type(args[0])) and name.rpartition(".")[2] in _WRAPPERS:
        return args[0]
    if len(args) == 1 and not kwargs and isinstance(args[0], (types.FunctionType, type, functools.partial)):
        return args[0]
    if recorder.active is not None and recorder.tensors_in(given):
        refuse(name, "is called with tensors")
    modules = [v for v in given if _is_module(type(v))]
    if modules:
        handed.append((name, _line(), modules))
    if name.rpartition(".")[2].startswith(("is_", "has_")):
        return False
    return Result(name + "(…)")


def _line():
    file, line = bridge.user_place()
    return f" at line {line} of {os.path.basename(file)}" if file else ""


def _loading():
    """Whether a file is being loaded, rather than a function run: its computations do not count yet."""
    frame = sys._getframe(2)
    return recorder.active is None and frame is not None and frame.f_code.co_name == "<module>"


def _refusing(use, while_loading):
    def refused(self, *args, **kwargs):
        if while_loading is not None and _loading():
            return while_loading(self)
        refuse(name_of(self), use)

    return refused


# Refused operations: the name, its special methods, and their results while a file is being loaded.
_REFUSED = (
    ("is used as a number", "int float index complex round trunc floor ceil", None),
    (
        "is used in arithmetic",
        "neg pos abs invert add radd sub rsub mul rmul truediv rtruediv floordiv rfloordiv mod rmod pow rpow matmul rmatmul",
        None,
    ),
    ("is compared", "lt le gt ge", lambda self: False),
    ("is used as a sequence", "iter reversed", lambda self: iter(())),
    ("is used as a sequence", "len contains", lambda self: 0),
    ("is used as a sequence", "next setitem", None),
)


def name_of(x):
    if isinstance(x, Result):
        return object.__getattribute__(x, "_name")
    return x.__dict__["_opcount_absent"] if isinstance(x, type) and "_opcount_absent" in x.__dict__ else type(x).__name__


def _nowhere(name):
    """A path that a package states: programs join it to others long before they open anything there, which is not there."""
    return "/absent/" + name.replace(".", "/")


class Result:
    """The result of a call into an absent package, and everything reached from there."""

    def __init__(self, name):
        object.__setattr__(self, "_name", name)

    def __call__(self, *args, **kwargs):
        return called(name_of(self), args, kwargs)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        if name.startswith("_opcount"):
            raise AttributeError(name)
        return Result(f"{name_of(self)}.{name}")

    def __getitem__(self, key):
        if _loading():
            return Result(f"{name_of(self)}[…]")
        refuse(name_of(self), "is indexed")

    def __fspath__(self):
        return _nowhere(name_of(self))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False

    def __bool__(self):
        if _loading():
            return False
        refuse(name_of(self), "decides a branch")

    def __repr__(self):
        return f"<{name_of(self)} of a package that is not installed>"

    def __opcount_wire__(self):
        refuse(name_of(self), "is handed to an operator")

    def __or__(self, other):
        return self

    __ror__ = __or__


class Meta(abc.ABCMeta):
    """The class of stand-in classes, and of the program's classes that inherit from them."""

    def __new__(mcs, name, bases, namespace, /, **settings):
        standin_bases = [b for b in bases if isinstance(b, Meta)]
        if standin_bases and "_opcount_absent" not in namespace and not any(_is_module(b) for b in bases):
            if "forward" in namespace or any(b.__name__.endswith("Module") for b in standin_bases):
                bases = (*bases, sys.modules["torch"].nn.Module)
        return super().__new__(mcs, name, bases, namespace)

    def __init__(cls, name, bases, namespace, /, **settings):
        super().__init__(name, bases, namespace)

    def __getattr__(cls, name):
        own = cls.__dict__.get("_opcount_absent")
        if own is None or name.startswith("__"):
            absent = next((c.__dict__["_opcount_absent"] for c in cls.__mro__ if "_opcount_absent" in c.__dict__), None)
            more = f"; its base class {absent} is not installed" if absent and not name.startswith("__") else ""
            raise AbsentAttribute(f"type object '{cls.__name__}' has no attribute '{name}'{more}")
        found = standin(f"{own}.{name}")
        type.__setattr__(cls, name, found)
        return found

    def __call__(cls, *args, **kwargs):
        own = cls.__dict__.get("_opcount_absent")
        return called(own, args, kwargs) if own is not None else super().__call__(*args, **kwargs)

    def register(cls, *args, **kwargs):
        """Of abc in a class of the program; of the package, most often a registry, in a stand-in."""
        own = cls.__dict__.get("_opcount_absent")
        return called(f"{own}.register", args, kwargs) if own is not None else super().register(*args, **kwargs)

    def __or__(cls, other):
        return cls

    __ror__ = __or__

    def __getitem__(cls, key):
        if isinstance(key, str) and "_opcount_absent" not in cls.__dict__:
            raise KeyError(key)
        return cls

    def __fspath__(cls):
        return _nowhere(name_of(cls))

    def __enter__(cls):
        return cls

    def __exit__(cls, *_):
        return False

    def __repr__(cls):
        return f"<class '{cls.__module__}.{cls.__qualname__}'>"


for _use, _names, _gives in _REFUSED:
    for _name in _names.split():
        setattr(Result, f"__{_name}__", _refusing(_use, _gives))
        setattr(Meta, f"__{_name}__", _refusing(_use, _gives))


def _is_module(cls):
    torch = sys.modules.get("torch")
    return torch is not None and hasattr(torch, "nn") and isinstance(cls, type) and issubclass(cls, torch.nn.Module)


class AbsentBase(metaclass=Meta):
    """The members that a class would have from a base class that is not installed: an error where one is used."""

    _opcount_absent = "a package"

    def __init__(self, *args, **kwargs):
        following = super().__init__
        if getattr(following, "__objclass__", None) is not object:
            following()

    def __init_subclass__(cls, /, **settings):
        return None

    def __getattr__(self, name):
        inherited = getattr(super(), "__getattr__", None)
        if inherited is not None:
            try:
                return inherited(name)
            except AttributeError:
                pass
        if name.startswith("__"):
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        base = next((c.__dict__["_opcount_absent"] for c in type(self).__mro__ if "_opcount_absent" in c.__dict__), "")
        raise AbsentAttribute(f"'{type(self).__name__}' object has no attribute '{name}'; its base class {base} is not installed")


class AbsentException(Exception):
    """Errors of a package that is not installed are never raised."""


def standin(full):
    """A class that stands for whatever a name of an absent package is."""
    module, _, name = full.rpartition(".")
    if name.endswith(("Error", "Exception", "Warning")):
        return type(name, (AbsentException,), {"__module__": module})
    return Meta(name, (AbsentBase,), {"_opcount_absent": full, "__module__": module})
