"""Scalar types: numbers of Python that know their dtype."""

import builtins

from . import _dtypes
from ._array import new


class generic:
    """Shared by all scalars: for reading they are arrays without axes."""

    shape = ()
    ndim = 0
    size = 1

    @property
    def dtype(self):
        return type(self)._dtype

    @property
    def itemsize(self):
        return type(self)._dtype.itemsize

    @property
    def T(self):
        return self

    def item(self):
        return type(self)._python(self)

    tolist = item

    def astype(self, dtype, **_):
        found = _dtypes.find(dtype)
        return found.type(found.cast(self))

    def copy(self):
        return self

    def __opcount_array__(self):
        return (), type(self)._dtype.name, [type(self)._python(self)]

    def __array__(self, *_):
        return new([self.item()], (), self.dtype)

    def __reduce__(self):
        return (type(self), (self.item(),))

    def __getattr__(self, name):
        # Methods of arrays: sum, mean, reshape, round, …
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.__array__(), name)


class number(generic):
    pass


class integer(number):
    pass


class signedinteger(integer):
    pass


class unsignedinteger(integer):
    pass


class inexact(number):
    pass


class floating(inexact):
    pass


class complexfloating(inexact):
    pass


def _scalar(dtype, base, python):
    name = dtype.name if dtype.name != "bool" else "bool_"

    def make(cls, x=0, *_):
        if hasattr(x, "__opcount_array__") and getattr(x, "shape", ()):
            from ._array import array_of

            return array_of(x, dtype)
        return python.__new__(cls, dtype.cast(x))

    made = type(name, (base, python), {"_dtype": dtype, "_python": python, "__new__": make, "__module__": "numpy"})
    made.__hash__ = python.__hash__
    dtype.type = made
    return made


SCALARS = {}
for _d in list(_dtypes.dtype._known.values()):
    if _d.kind in "iufc":
        _base = {"i": signedinteger, "u": unsignedinteger, "f": floating, "c": complexfloating}[_d.kind]
        SCALARS[_d.name] = _scalar(_d, _base, {"i": builtins.int, "u": builtins.int, "f": float, "c": complex}[_d.kind])


class bool_(generic):
    """NumPy's booleans are Python's own here: `True` is what a comparison of scalars gives."""

    _dtype = _dtypes.bool_

    def __new__(cls, x=False):
        return builtins.bool(x)


class object_(generic):
    _dtype = _dtypes.object_


SCALARS |= {"bool_": bool_, "object_": object_}
