"""six: names of two Pythons, of which this is the newer one."""

import functools
import io
import sys

from . import moves  # noqa: F401

PY2, PY3, PY34 = False, True, True
string_types, integer_types, class_types, text_type, binary_type = (str,), (int,), (type,), str, bytes
MAXSIZE = sys.maxsize
StringIO, BytesIO = io.StringIO, io.BytesIO
__version__ = "1.17.0"
wraps = functools.wraps
unichr = chr


def iteritems(d, **kw):
    return iter(d.items(**kw))


def iterkeys(d, **kw):
    return iter(d.keys(**kw))


def itervalues(d, **kw):
    return iter(d.values(**kw))


def with_metaclass(meta, *bases):
    return meta("temporary_class", bases, {})


def add_metaclass(metaclass):
    def wrapper(cls):
        body = {k: v for k, v in cls.__dict__.items() if k not in ("__dict__", "__weakref__")}
        return metaclass(cls.__name__, cls.__bases__, body)

    return wrapper


def ensure_str(s, encoding="utf-8", errors="strict"):
    return s.decode(encoding, errors) if isinstance(s, bytes) else s


ensure_text = ensure_str


def b(s):
    return s.encode("latin-1")


def u(s):
    return s


def raise_from(value, from_value):
    raise value from from_value


def get_function_code(f):
    return f.__code__


def python_2_unicode_compatible(cls):
    return cls
