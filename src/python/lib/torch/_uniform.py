"""
Tensors of which every element is one number, too many to be kept as contents: masks of ones above all. What a program asks
of them (`mask.all()`, `mask.sum(1)`) follows all the same.
"""

import builtins
import operator

from ._tensor import MAX_KNOWN

# Operators that only move elements, drop some or repeat them.
_KEEPS = set(
    "view reshape flatten unflatten unsqueeze squeeze contiguous to clone detach alias expand expand_as repeat repeat_interleave "
    "permute transpose t movedim flip roll select narrow slice index_select gather __getitem__ float int long bool "
    "upsample_nearest1d upsample_nearest2d upsample_nearest3d interpolate max_pool2d adaptive_max_pool2d".split()
)
_SIGNS = {
    "add": operator.add,
    "sub": operator.sub,
    "rsub": lambda a, b: b - a,
    "mul": operator.mul,
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "bitwise_and": lambda a, b: a and b,
    "bitwise_or": lambda a, b: a or b,
    "logical_and": lambda a, b: builtins.bool(a and b),
    "logical_or": lambda a, b: builtins.bool(a or b),
}
_TRUTHS = {"all", "any", "amax", "amin"}


def of(x):
    """The number, or None."""
    known = x.__dict__.get("_uniform")
    return known[0] if known is not None and known[1] == x._store.version else None


def mark(x, value):
    kind = x.dtype.kind
    if kind == "c" or not isinstance(value, (builtins.bool, builtins.int, builtins.float)):
        return
    value = builtins.int(builtins.bool(value)) if kind == "b" else builtins.int(value) if kind == "i" else value
    n = x.numel()
    if hasattr(n, "_formula"):
        return
    if n <= MAX_KNOWN:
        x._value, x._version, x._told = [value] * n, x._store.version, False
    else:
        x._uniform = (value, x._store.version)


def follow(name, args, kwargs, result):
    """The contents of a result whose first argument is uniform."""
    value = of(args[0])
    if value is None or not hasattr(result, "_store") or result._known():
        return
    if name in _KEEPS:
        mark(result, value)
    elif name in _TRUTHS:
        mark(result, value)
    elif name in ("bitwise_not", "logical_not") and (args[0].dtype.kind == "b" or name == "logical_not"):
        mark(result, not value)
    elif name == "sum":
        total, rows = args[0].numel(), result.numel()
        if not hasattr(total, "_formula") and not hasattr(rows, "_formula") and rows:
            mark(result, value * (total // rows))
    elif name in _SIGNS and len(args) > 1 and not kwargs.get("alpha"):
        other = of(args[1]) if hasattr(args[1], "_store") else args[1]
        if isinstance(other, (builtins.bool, builtins.int, builtins.float)) and result.numel() == args[0].numel():
            mark(result, _SIGNS[name](value, other))
