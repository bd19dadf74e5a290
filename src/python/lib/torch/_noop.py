"""Parts of PyTorch that do nothing to a model's shapes: there to be imported and called, and silent."""

import sys
import types


def nothing(*args, **kwargs):
    """A call without effect that can also be a context or a decorator."""
    return Nothing()


class _Meta(type):
    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing

    def __or__(cls, other):
        return cls

    __ror__ = __or__


class Nothing(metaclass=_Meta):
    def __init__(self, *args, **kwargs):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False

    def __call__(self, *args, **kwargs):
        if len(args) == 1 and not kwargs and callable(args[0]):
            return args[0]
        return self

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing()

    def __iter__(self):
        return iter(())

    def __bool__(self):
        return False

    def __or__(self, other):
        return self

    __ror__ = __or__


class Context:
    """`torch.no_grad`: a context, a decorator with and without parentheses."""

    def __new__(cls, *args, **kwargs):
        if len(args) == 1 and not kwargs and isinstance(args[0], types.FunctionType):
            return args[0]
        return object.__new__(cls)

    def __init__(self, *args, **kwargs):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False

    def __call__(self, function):
        return function


def decorator(*args, **kwargs):
    """Gives back what it decorates, whether it is called with arguments or not."""
    if args and callable(args[0]):
        return args[0]
    return lambda f: f


def false(*args, **kwargs):
    return False


def none(*args, **kwargs):
    return None


class Words:
    """An enumeration of which only the names matter."""

    def __init__(self, name):
        self._name = name

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return f"{self._name}.{name}"


class _Quiet(types.ModuleType):
    """A module of which some names are known; any other is an error when it is used, not when it is imported."""

    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(f"module '{self.__name__}' has no attribute '{name}'")
        return absent(f"{self.__name__}.{name}")


def absent(name):
    from _opcount.standins import standin

    return Nothing if name.startswith("torch._") else standin(name)


def module(name, **members):
    made = _Quiet(name)
    made.__dict__.update(members)
    sys.modules[name] = made
    return made
