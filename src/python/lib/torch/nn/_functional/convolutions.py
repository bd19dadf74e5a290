"""Convolutions, products with weights, and tables of rows."""

import builtins

from ... import _factories, _types
from ..._dispatch import apply, outer
from ._lists import listed as _list


def _conv(name):
    def conv(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        return apply(name, (input, weight, bias, _list(stride), _list(padding), _list(dilation), groups), None, "F." + name)

    conv.__name__ = name
    return conv


conv1d, conv2d, conv3d = (_conv(f"conv{n}d") for n in (1, 2, 3))


def _conv_transpose(name):
    def conv(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
        args = (input, weight, bias, _list(stride), _list(padding), _list(output_padding), groups, _list(dilation))
        return apply(name, args, None, "F." + name)

    conv.__name__ = name
    return conv


conv_transpose1d, conv_transpose2d, conv_transpose3d = (_conv_transpose(f"conv_transpose{n}d") for n in (1, 2, 3))


def linear(input, weight, bias=None):
    return apply("linear", (input, weight, bias), None, "F.linear")


def bilinear(input1, input2, weight, bias=None):
    return apply("bilinear", (input1, input2, weight, bias), None, "F.bilinear")


def embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False):
    return apply("embedding", (weight, input), None, "F.embedding")


@outer("F.embedding_bag")
def embedding_bag(
    input,
    weight,
    offsets=None,
    max_norm=None,
    norm_type=2,
    scale_grad_by_freq=False,
    mode="mean",
    sparse=False,
    per_sample_weights=None,
    include_last_offset=False,
    padding_idx=None,
):
    if offsets is None:
        rows = input.shape[-1] if input.ndim == 2 else 1
        offsets = _factories.arange(input.shape[0]) if input.ndim == 2 else _factories.empty(1, dtype=_types.int64)
        rows = apply("embedding", (weight, input), None, "F.embedding_bag")
        if input.ndim == 2:
            return rows.amax(1) if mode == "max" else getattr(rows, mode)(1)
        return rows
    number = {"sum": 0, "mean": 1, "max": 2}[mode]
    found = apply("embedding_bag", (weight, input, offsets, False, number), None, "F.embedding_bag")
    return found[0] if isinstance(found, tuple) else found


def one_hot(tensor, num_classes=-1):
    if num_classes == -1:
        num_classes = builtins.max(tensor._contents("one_hot() without num_classes")) + 1
    return apply("one_hot", (tensor, num_classes), None, "F.one_hot")


def conv_tbc(input, weight, bias, pad=0):
    """Length, batch, channels; the weight is width × in × out."""
    out = conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, padding=pad)
    return out.permute(2, 0, 1)


def grouped_mm(mat_a, mat_b, *, offs=None, bias=None, out_dtype=None):
    """Groups of rows, each by a matrix of its own: together as many products as all rows by one matrix."""
    if mat_a.dim() == 3 and mat_b.dim() == 3:
        out = mat_a.bmm(mat_b)
    elif mat_a.dim() == 2 and mat_b.dim() == 3:
        out = mat_a.mm(mat_b[0])
    else:
        raise NotImplementedError("grouped_mm of a matrix in groups of columns: how many products there are depends on the data of offs")
    return out if bias is None else out + bias
