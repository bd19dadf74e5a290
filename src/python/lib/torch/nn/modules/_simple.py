"""A short way to write the many layers that are one function with a few settings."""

from .module import Module


def settings(*names, **defaults):
    """An __init__ that takes these settings in this order, keeps them as fields, and says them in repr."""

    order = [*names, *defaults]

    def decorate(cls):
        def __init__(self, *args, **kwargs):
            Module.__init__(self)
            given = dict(zip(order, args))
            for key, value in kwargs.items():
                if key in given:
                    raise TypeError(f"{cls.__name__}.__init__() got multiple values for argument '{key}'")
                if key not in order:
                    if key in ("device", "dtype"):
                        continue
                    raise TypeError(f"{cls.__name__}.__init__() got an unexpected keyword argument '{key}'")
                given[key] = value
            if len(args) > len(order):
                raise TypeError(f"{cls.__name__}.__init__() takes {len(order) + 1} positional arguments but {len(args) + 1} were given")
            missing = [n for n in names if n not in given]
            if missing:
                raise TypeError(f"{cls.__name__}.__init__() missing {len(missing)} required positional argument: '{missing[0]}'")
            for key in order:
                setattr(self, key, given.get(key, defaults.get(key)))
            ready = getattr(self, "_ready", None)
            if ready is not None:
                ready()

        cls.__init__ = __init__
        cls._settings = tuple(order)
        return cls

    return decorate


class Simple(Module):
    _settings = ()
    _silent = ()  # settings that repr leaves out

    def __opcount_describe__(self):
        return {n: getattr(self, n) for n in self._settings if n != "inplace"}

    def extra_repr(self):
        return ", ".join(f"{n}={getattr(self, n)}" for n in self._settings if n not in self._silent)
