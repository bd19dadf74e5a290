"""Small helpers."""

import collections.abc
import re
import sys
from itertools import repeat


def _ntuple(n):
    return lambda x: tuple(x) if isinstance(x, collections.abc.Iterable) and not isinstance(x, str) else tuple(repeat(x, n))


to_1tuple, to_2tuple, to_3tuple, to_4tuple = map(_ntuple, (1, 2, 3, 4))
to_ntuple = _ntuple


def is_list_of(seq, expected_type):
    return isinstance(seq, list) and all(isinstance(i, expected_type) for i in seq)


def is_tuple_of(seq, expected_type):
    return isinstance(seq, tuple) and all(isinstance(i, expected_type) for i in seq)


def is_seq_of(seq, expected_type, seq_type=None):
    return isinstance(seq, seq_type or collections.abc.Sequence) and all(isinstance(i, expected_type) for i in seq)


def is_str(x):
    return isinstance(x, str)


def digit_version(version_str, length=4):
    parts = [int("".join(c for c in p if c.isdigit()) or 0) for p in version_str.split("+")[0].split(".")[:length]]
    return tuple(parts + [0] * (length + 2 - len(parts)))


def deprecated_api_warning(name_dict, cls_name=None):
    def decorate(function):
        def run(*args, **kwargs):
            for old, new in name_dict.items():
                if old in kwargs:
                    kwargs[new] = kwargs.pop(old)
            return function(*args, **kwargs)

        return run

    return decorate


def mkdir_or_exist(*args, **kwargs):
    return None


def wanted_version(usual):
    """
    A version as the asking file wants it: packages built on this one state the least that they take (`MMCV_MIN`,
    `mmcv_minimum_version`) and refuse to be imported with any other.
    """
    frame = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename.startswith("/opcount/lib/"):
        frame = frame.f_back
    for name, value in frame.f_globals.items() if frame is not None else ():
        if isinstance(value, str) and re.fullmatch(r"(mmcv|mmengine)_min(imum_version)?", name.lower()) and value[:1].isdigit():
            return value
    return usual
