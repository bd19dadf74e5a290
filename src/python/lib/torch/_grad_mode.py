"""Whether gradients are recorded: counters that look at backward passes ask."""

import functools

from _opcount import recorder

_enabled = [True]


def is_grad_enabled():
    return _enabled[0]


class _Mode:
    """A context, and a decorator with or without parentheses."""

    _value = False

    def __new__(cls, function=None, *args, **kwargs):
        made = object.__new__(cls)
        if callable(function):
            return made(function)
        return made

    def __init__(self, mode=None):
        self._outer = []

    def __enter__(self):
        self._outer.append(_enabled[0])
        self._set(self._value)
        return self

    def __exit__(self, *_):
        self._set(self._outer.pop())
        return False

    @staticmethod
    def _set(value):
        if value != _enabled[0]:
            stretch = recorder.Stretch("grad-off")
            stretch.__exit__() if value else stretch.__enter__()
        _enabled[0] = value

    def __call__(self, function):
        value = self._value

        @functools.wraps(function)
        def run(*args, **kwargs):
            with _Fixed(value):
                return function(*args, **kwargs)

        return run if not isinstance(function, type) else function


class _Fixed(_Mode):
    def __new__(cls, value):
        return object.__new__(cls)

    def __init__(self, value):
        self._outer = []
        self._value = value


class no_grad(_Mode):
    pass


class enable_grad(_Mode):
    _value = True


class inference_mode(_Mode):
    def __new__(cls, mode=True):
        made = object.__new__(cls)
        made._value = False
        return made(mode) if callable(mode) else made

    def __init__(self, mode=True):
        self._outer = []
        self._value = not mode


class set_grad_enabled(_Mode):
    """Takes effect when it is called; as a context, it is undone at its end."""

    def __new__(cls, mode):
        return object.__new__(cls)

    def __init__(self, mode):
        self._outer = [_enabled[0]]
        self._value = bool(mode)
        self._set(self._value)

    def __enter__(self):
        return self


def reset():
    _enabled[0] = True
