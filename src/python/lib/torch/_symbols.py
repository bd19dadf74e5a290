"""Sizes that are left free: integers as formulas, worked out by the host."""

import builtins

from _opcount import bridge
from _opcount.bridge import UnknownValue

from . import _dispatch


class SymInt:
    """An integer that is a formula in the free dimensions of the inputs."""

    __slots__ = ("_formula",)

    def __init__(self, formula):
        _install()
        self._formula = formula

    def __opcount_wire__(self):
        return {"y": self._formula}

    def __repr__(self):
        return self._formula

    def __hash__(self):
        return hash(self._formula)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __reduce__(self):
        return (SymInt, (self._formula,))

    def _with(self, sign, other, swapped=False):
        if isinstance(other, float):
            raise UnknownValue(f"{self} {sign} {other}: a fraction of a free size is not known; give the size as a number")
        if not isinstance(other, (int, SymInt)):
            return NotImplemented
        a, b = (other, self) if swapped else (self, other)
        answer = bridge.call("size", sign, a, b)
        return SymInt(answer) if type(answer) is str else answer

    def _compare(self, sign, other):
        if not isinstance(other, (int, float, SymInt)):
            return NotImplemented
        answer = bridge.call("size", sign, self, other)
        if answer is None:
            answer = bridge.call("decide", sign, self, other, *bridge.place())
        if answer is None:
            raise UnknownValue(f"whether {self} {sign} {other} depends on a size that is left free; give it as a number in --input")
        return builtins.bool(answer)

    def __bool__(self):
        return self._compare("!=", 0)

    def __index__(self):
        raise UnknownValue(f"a number is needed where the size {self} is left free; give it as a number in --input")

    __int__ = __index__

    def __float__(self):
        raise UnknownValue(f"a number is needed where the size {self} is left free; give it as a number in --input")

    def __neg__(self):
        return self._with("*", -1)

    def __pos__(self):
        return self

    def __pow__(self, n):
        out = 1
        for _ in range(n):
            out = self * out
        return out

    def __truediv__(self, other):
        whole = self._with("//", other)
        if whole is not NotImplemented and self._compare("==", whole * other):
            return whole
        raise UnknownValue(f"{self} / {other} is not a whole number; give the size as a number in --input")


def _operator(sign, swapped):
    return lambda self, other: self._with(sign, other, swapped)


for _name, _sign in {"add": "+", "sub": "-", "mul": "*", "floordiv": "//", "mod": "%"}.items():
    setattr(SymInt, f"__{_name}__", _operator(_sign, False))
    setattr(SymInt, f"__r{_name}__", _operator(_sign, True))
for _name, _sign in {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}.items():
    setattr(SymInt, f"__{_name}__", lambda self, other, _s=_sign: self._compare(_s, other))
SymInt.__hash__ = lambda self: hash(self._formula)


# --- built-in functions that give integers, and that a formula goes through as it is

_len, _min, _max = builtins.len, builtins.min, builtins.max
_installed = False


def _install():
    """`len`, `min` and `max` take formulas from the first one on; programs without any never notice."""
    global _installed
    if not _installed:
        _installed = True
        builtins.len, builtins.min, builtins.max = length, _extreme("min", _min), _extreme("max", _max)


def restore():
    """A new program begins: without formulas."""
    global _installed
    _installed = False
    builtins.len, builtins.min, builtins.max = _len, _min, _max


def length(obj, /):
    if type(obj) in _dispatch.TENSORS and obj.shape and type(obj.shape[0]) is SymInt:
        return obj.shape[0]
    return _len(obj)


def _extreme(name, plain):
    def run(*args, **kwargs):
        given = args if _len(args) > 1 else tuple(args[0])
        if not kwargs and any(type(x) is SymInt for x in given):
            found = given[0]
            for x in given[1:]:
                x = x.__index__() if type(x) in _dispatch.TENSORS else x
                found = found._with(name, x) if type(found) is SymInt else x._with(name, found) if type(x) is SymInt else plain(found, x)
            return found
        return plain(*args, **kwargs) if _len(args) > 1 else plain(given, **kwargs)

    run.__name__ = run.__qualname__ = name
    return run
