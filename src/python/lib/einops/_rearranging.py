"""Patterns applied: reshape, reduce, permute, expand, reshape, each only where it does something."""

import torch

from ._errors import EinopsError
from ._patterns import DOTS, TOGETHER, match, number, parse, sides, spell_dots


def _stacked(tensor):
    if isinstance(tensor, (list, tuple)):
        if not tensor:
            raise TypeError("Rearrange/Reduce/Repeat can't be applied to an empty list")
        return torch.stack(list(tensor))
    return tensor if isinstance(tensor, torch.Tensor) else torch.as_tensor(tensor)


def _paired(left, right):
    """In a rearrangement a number on both sides is one axis, wherever it is."""
    names = {number(n): n for g in left for n in g if number(n) is not None}
    return left, tuple(tuple(names.get(number(n), n) for n in g) for g in right)


def _product(extents):
    n = 1
    for d in extents:
        n = n * d
    return n


def _apply(tensor, pattern, reduction, lengths):
    tensor = _stacked(tensor)
    left, right = sides(pattern)
    if reduction in ("rearrange", "repeat"):
        left, right = _paired(left, right)
    hidden = len(tensor.shape) - len([g for g in left if g != (DOTS,)])
    if any(DOTS in g or TOGETHER in g for g in left):
        if hidden < 0:
            raise EinopsError(f"Wrong shape: {list(tensor.shape)} has too few axes for {pattern!r}")
        left, right = spell_dots(left, hidden), spell_dots(right, hidden)
    elif any(DOTS in g or TOGETHER in g for g in right):
        raise EinopsError(f"Ellipsis found in right side, but not left side of a pattern {pattern!r}")
    extents = match(left, tensor.shape, lengths, pattern)
    before = [n for g in left for n in g]
    after = [n for g in right for n in g]
    new = [n for n in after if n not in before]
    for n in new:
        extents[n] = number(n) if number(n) is not None else lengths.get(n)
        if reduction != "repeat" or extents[n] is None:
            raise EinopsError(
                f"Identifiers only on one side of expression (should be on both): {{{n!r}}} in {pattern!r}"
                if reduction != "repeat"
                else f"Specify sizes for new axes in repeat: {n!r}"
            )
    gone = [n for n in before if n not in after]
    if gone and reduction in ("rearrange", "repeat"):
        raise EinopsError(f"Identifiers only on one side of expression (should be on both): {set(gone)} in {pattern!r}")
    unknown = [n for n in lengths if n not in before and n not in after]
    if unknown:
        raise EinopsError(f"Axis {unknown[0]} is not used in transform {pattern!r}")

    def shaped(x, shape):
        return x if list(x.shape) == list(shape) else x.reshape(list(shape))

    tensor = shaped(tensor, [extents[n] for n in before])
    if gone:
        tensor = _reduced(tensor, reduction, tuple(before.index(n) for n in gone))
    left_over = [n for n in before if n not in gone]
    order = [left_over.index(n) for n in after if n not in new]
    if order != sorted(order):
        tensor = tensor.permute(order)
    if new:
        for i, n in enumerate(after):
            if n in new:
                tensor = tensor.unsqueeze(i)
        tensor = tensor.expand([extents[n] for n in after])
    return shaped(tensor, [_product(extents[n] for n in g) for g in right])


def _reduced(tensor, reduction, axes):
    if callable(reduction):
        return reduction(tensor, axes)
    if reduction == "prod":
        for i in sorted(axes, reverse=True):
            tensor = tensor.prod(dim=i)
        return tensor
    if reduction in ("max", "min"):
        return getattr(tensor, "a" + reduction)(axes)
    if reduction not in ("sum", "mean", "any", "all"):
        raise EinopsError(f"Unknown reduction {reduction}")
    return getattr(tensor, reduction)(dim=axes)


def rearrange(tensor, pattern, **axes_lengths):
    return _apply(tensor, pattern, "rearrange", axes_lengths)


def reduce(tensor, pattern, reduction, **axes_lengths):
    return _apply(tensor, pattern, reduction, axes_lengths)


def repeat(tensor, pattern, **axes_lengths):
    return _apply(tensor, pattern, "repeat", axes_lengths)


def parse_shape(x, pattern):
    groups = parse(pattern)
    if any(DOTS in g for g in groups):
        groups = spell_dots(groups, len(x.shape) - len(groups) + 1)
    if len(groups) != len(x.shape):
        raise EinopsError(f"Can't parse shape with different number of dimensions: {pattern!r} {list(x.shape)}")
    return {g[0]: d for g, d in zip(groups, x.shape) if g and g[0] != "_" and not g[0].startswith(DOTS)}


def asnumpy(tensor):
    return tensor.numpy()


def einsum(*tensors_and_pattern):
    """Names of any length: each becomes a letter."""
    *tensors, pattern = tensors_and_pattern
    left, arrow, right = pattern.partition("->")
    if not arrow:
        raise ValueError("Einsum pattern must contain '->'.")
    letters = {}

    def short(term):
        out = ""
        for name in term.replace("...", f" {DOTS} ").split():
            out += (
                "..." if name == DOTS else letters.setdefault(name, chr(97 + len(letters)) if len(letters) < 26 else chr(39 + len(letters)))
            )
        return out

    equation = ",".join(short(t) for t in left.split(",")) + "->" + short(right)
    return torch.einsum(equation, *tensors)
