"""
Routed experts: which tokens an expert gets is data, how many tokens all experts get is not. Where indices come from a
top-k, each expert is given an equal share of them, so that the sum over experts is exact.
"""

import builtins

from _opcount import bridge, recorder

from . import _types
from ._tensor import local

_SAME = {
    "view",
    "reshape",
    "float",
    "ravel",
    "detach",
    "flatten",
    "unsqueeze",
    "squeeze",
    "contiguous",
    "to",
    "clone",
    "detach",
    "alias",
    "expand",
    "int",
    "long",
    "_to_copy",
}


class Routed:
    """The role of a tensor in routing: `index` (experts of tokens), `onehot` along an axis, or the `mask` of one expert."""

    __slots__ = ("kind", "experts", "total", "axis", "count")

    def __init__(self, kind, experts, total, axis=None, count=None):
        self.kind, self.experts, self.total, self.axis, self.count = kind, experts, total, axis, count

    def share(self, i):
        """Of `total` choices those that fall on expert i: the first ones get one more where they do not divide evenly."""
        e = self.experts
        return (self.total + (e - 1 - i % e)) // e

    def counts(self):
        return local((self.experts,), _types.int64, [self.share(i) for i in range(self.experts)])


def of(x):
    return x.__dict__.get("_routed") if hasattr(x, "_store") else None


def mask_count(x):
    """The number of true elements of a mask, where that follows from the routing; else None."""
    routed = of(x)
    return routed.count if routed is not None and routed.kind == "mask" else None


def _choices(result):
    return result.shape.numel()


def follow(name, args, kwargs, result):
    """Carries what is known from the arguments of an operator to its result; gives the result that goes on."""
    if name in ("topk", "max", "argmax"):
        return _chosen(name, args, kwargs, result)
    first = args[0] if args else None
    routed = of(first)
    if routed is None:
        if name in ("scatter_", "scatter") and len(args) > 2 and of(args[2]) is not None and of(args[2]).kind == "index":
            source = of(args[2])
            result._routed = Routed("onehot", source.experts, source.total, args[1] % len(result.shape))
        return result
    if routed.kind == "index":
        return _of_index(name, args, kwargs, routed, result)
    if routed.kind == "onehot":
        return _of_onehot(name, args, kwargs, routed, result)
    if name in _SAME or (name == "any" and len(args) > 1) or (name == "__getitem__" and result.shape.numel() == first.shape.numel()):
        result._routed = routed
    elif name == "sum" and not result.shape:
        return local((), _types.int64, [routed.count])
    elif name == "any" and not result.shape and type(routed.count) is builtins.int:
        return local((), _types.bool, [builtins.int(routed.count > 0)])
    return result


def _chosen(name, args, kwargs, result):
    x = args[0]
    dim = kwargs.get(
        "dim",
        args[2] if name == "topk" and len(args) > 2 else args[1] if name != "topk" and len(args) > 1 else -1 if name == "topk" else None,
    )
    indices = result[1] if isinstance(result, tuple) else result if name == "argmax" else None
    if indices is None or not isinstance(dim, builtins.int) or not x.shape or x.dtype.kind != "f":
        return result
    experts = x.shape[dim]
    if type(experts) is builtins.int and experts <= 4096:
        indices._routed = Routed("index", experts, _choices(indices))
    return result


def _of_index(name, args, kwargs, routed, result):
    if name in _SAME or name == "transpose" or name == "t":
        result._routed = routed
    elif name == "one_hot" and result.shape[-1] == routed.experts:
        result._routed = Routed("onehot", routed.experts, routed.total, len(result.shape) - 1)
    elif name == "eq" and len(args) > 1:
        i = _number(args[1])
        if i is not None:
            result._routed = Routed("mask", routed.experts, routed.total, count=routed.share(i))
            _say()
    elif name == "sort":
        result[0]._routed = routed
    elif name in ("clamp", "clamp_", "index_select", "gather", "__getitem__") and _choices(result) == routed.total:
        result._routed = routed  # each choice once, in another order
    elif name == "bincount" or (name == "histc" and result.shape.numel() == routed.experts):
        _say()
        return routed.counts() if name == "bincount" else routed.counts().to(result.dtype)
    return result


def _of_onehot(name, args, kwargs, routed, result):
    axis, rank = routed.axis, len(args[0].shape)
    if name in ("to", "clone", "detach", "contiguous", "alias", "int", "bool", "float"):
        result._routed = routed
    elif name == "permute":
        order = [d % rank for d in args[1]]
        result._routed = Routed("onehot", routed.experts, routed.total, order.index(axis))
    elif name == "transpose":
        swap = {args[1] % rank: args[2] % rank, args[2] % rank: args[1] % rank}
        result._routed = Routed("onehot", routed.experts, routed.total, swap.get(axis, axis))
    elif name == "sum":
        if tuple(result.shape) == (routed.experts,):
            _say()
            return routed.counts()
        if len(result.shape) < rank and routed.experts in result.shape:
            kept = [i for i in range(rank) if i not in [d % rank for d in _listed(args[1] if len(args) > 1 else kwargs.get("dim"))]]
            if axis in kept:
                result._routed = Routed("onehot", routed.experts, routed.total, kept.index(axis))
    elif name == "__getitem__":
        i = _item(args[1], axis)
        if i is not None:
            _say()
            result._routed = Routed("mask", routed.experts, routed.total, count=routed.share(i))
    elif name == "select" and args[1] % rank == axis and _number(args[2]) is not None:
        _say()
        result._routed = Routed("mask", routed.experts, routed.total, count=routed.share(_number(args[2])))
    return result


def _listed(dim):
    return list(dim) if isinstance(dim, (tuple, list)) else [] if dim is None else [dim]


def _item(index, axis):
    """The one place of an axis that an index takes, or None."""
    at = 0
    for item in index:
        if isinstance(item, dict) and "new" in item:
            continue
        if isinstance(item, dict) and "rest" in item:
            return None
        if at == axis:
            return _number(item)
        at += 1
    return None


def _number(x):
    if isinstance(x, builtins.int):
        return x
    if hasattr(x, "_store") and x.dtype.kind == "i" and x._known() and x.numel() == 1:
        return builtins.int(x._contents("an expert")[0])
    return None


def _say():
    if recorder.active is not None and not recorder.active.told_routing:
        recorder.active.told_routing = True
        bridge.pending.append(
            (
                "note",
                "routed-experts",
                "which tokens an expert gets is data: each is given an equal share of the top-k choices, and the sum over experts is exact",
            )
        )
