"""
Convolutions over active sites. A product is counted for every place of the kernel at every output site, as if all
neighbours were active: the most that it can be.
"""

import torch
import torch.nn.functional as F
from _opcount import bridge, recorder
from torch import nn
from torch._dispatch import outer

from .core import SparseConvTensor, new_sites


class SparseModule(nn.Module):
    """Layers that take and give sparse tensors."""

    def __init__(self, name=None):
        super().__init__()


def _each(value, axes):
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * axes


def _say():
    active = recorder.active
    if active is not None and not getattr(active, "told_sites", False):
        active.told_sites = True
        message = "sparse convolutions are counted as if every neighbour of an active site were active: the most that it can be; the sites are free sizes (sites_1, …)"
        bridge.pending.append(("note", "assumed", message))


def _products(features, weight, bias, sites):
    """Rows of all places of the kernel times the weight: as many as there are output sites."""
    places = weight.shape[1:-1].numel()
    width = weight.shape[-1]
    rows = features.new_empty(sites, width) if sites is not features.shape[0] else features
    rows = rows.unsqueeze(1).expand(rows.shape[0], places, width).reshape(rows.shape[0], places * width)
    return F.linear(rows, weight.reshape(weight.shape[0], places * width), bias)


class SparseConvolution(SparseModule):
    axes = 3

    def __init__(
        self,
        ndim,
        in_channels,
        out_channels,
        kernel_size=3,
        stride=1,
        padding=0,
        dilation=1,
        groups=1,
        bias=True,
        subm=False,
        output_padding=0,
        transposed=False,
        inverse=False,
        indice_key=None,
        algo=None,
        **_,
    ):
        super().__init__()
        if groups != 1:
            raise NotImplementedError("spconv does not support groups")
        self.ndim, self.in_channels, self.out_channels = ndim, in_channels, out_channels
        self.kernel_size, self.stride, self.padding = _each(kernel_size, ndim), _each(stride, ndim), _each(padding, ndim)
        self.dilation, self.output_padding = _each(dilation, ndim), _each(output_padding, ndim)
        self.subm, self.transposed, self.inverse, self.indice_key = subm, transposed, inverse, indice_key
        self.conv1x1 = all(k == 1 for k in self.kernel_size)
        self.weight = nn.Parameter(torch.empty(out_channels, *self.kernel_size, in_channels))
        if bias:
            self.bias = nn.Parameter(torch.empty(out_channels))
        else:
            self.register_parameter("bias", None)

    def _shape(self, spatial):
        extents = zip(spatial, self.kernel_size, self.stride, self.padding, self.dilation, self.output_padding)
        if self.transposed:
            return [(s - 1) * t - 2 * p + k + o for s, k, t, p, _, o in extents]
        return [(s + 2 * p - d * (k - 1) - 1) // t + 1 for s, k, t, p, d, _ in extents]

    @outer("spconv.SparseConvolution")
    def forward(self, input):
        _say()
        sites, indices, shape = input.features.shape[0], input.indices, input.spatial_shape
        if self.inverse:
            before = input.indice_dict.get(self.indice_key)
            if before is None:
                raise ValueError(f"SparseInverseConv: no convolution with indice_key={self.indice_key!r} has run before")
            out = _products(input.features, self.weight, None, sites)
            indices, shape = before
            out = out.new_empty(indices.shape[0], self.out_channels).index_copy_(0, torch.empty(sites, dtype=torch.int64), out)
            return input._with(out if self.bias is None else out + self.bias, indices, shape)
        if not self.subm and not (self.conv1x1 and all(s == 1 for s in self.stride)):
            if self.indice_key is not None:
                input.indice_dict[self.indice_key] = (indices, shape)
            sites = new_sites()
            indices, shape = torch.empty(sites, self.ndim + 1, dtype=torch.int32), self._shape(shape)
        return input._with(_products(input.features, self.weight, self.bias, sites), indices, shape)

    def extra_repr(self):
        return f"{self.in_channels}, {self.out_channels}, kernel_size={list(self.kernel_size)}"


def _layer(name, ndim, **fixed):
    if fixed.get("inverse"):

        def __init__(self, in_channels, out_channels, kernel_size, indice_key=None, bias=True, algo=None, **_):
            SparseConvolution.__init__(self, ndim, in_channels, out_channels, kernel_size, bias=bias, inverse=True, indice_key=indice_key)

    elif fixed.get("transposed"):

        def __init__(
            self,
            in_channels,
            out_channels,
            kernel_size,
            stride=1,
            padding=0,
            dilation=1,
            groups=1,
            bias=True,
            indice_key=None,
            algo=None,
            output_padding=0,
            **_,
        ):
            SparseConvolution.__init__(
                self,
                ndim,
                in_channels,
                out_channels,
                kernel_size,
                stride,
                padding,
                dilation,
                groups,
                bias,
                output_padding=output_padding,
                transposed=True,
                indice_key=indice_key,
            )

    else:

        def __init__(
            self,
            in_channels,
            out_channels,
            kernel_size,
            stride=1,
            padding=0,
            dilation=1,
            groups=1,
            bias=True,
            indice_key=None,
            algo=None,
            **_,
        ):
            SparseConvolution.__init__(
                self, ndim, in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, indice_key=indice_key, **fixed
            )

    return type(name, (SparseConvolution,), {"__init__": __init__, "__module__": "spconv.pytorch"})


LAYERS = {}
for _n in (1, 2, 3, 4):
    LAYERS[f"SparseConv{_n}d"] = _layer(f"SparseConv{_n}d", _n)
    LAYERS[f"SubMConv{_n}d"] = _layer(f"SubMConv{_n}d", _n, subm=True)
    LAYERS[f"SparseConvTranspose{_n}d"] = _layer(f"SparseConvTranspose{_n}d", _n, transposed=True)
    LAYERS[f"SparseInverseConv{_n}d"] = _layer(f"SparseInverseConv{_n}d", _n, inverse=True)


class _MaxPool(SparseModule):
    _axes = 3

    def __init__(self, kernel_size, stride=None, padding=0, dilation=1, indice_key=None, subm=False, algo=None, **_):
        super().__init__()
        n = self._axes
        self.kernel_size, self.padding, self.dilation = _each(kernel_size, n), _each(padding, n), _each(dilation, n)
        self.stride = self.kernel_size if stride is None else _each(stride, n)
        self.subm, self.indice_key = subm, indice_key

    def forward(self, input):
        places = torch.Size(self.kernel_size).numel()
        sites, indices, shape = input.features.shape[0], input.indices, input.spatial_shape
        if not self.subm:
            if self.indice_key is not None:
                input.indice_dict[self.indice_key] = (indices, shape)
            sites = new_sites()
            indices = torch.empty(sites, self._axes + 1, dtype=torch.int32)
            shape = [
                (s + 2 * p - d * (k - 1) - 1) // t + 1
                for s, k, t, p, d in zip(shape, self.kernel_size, self.stride, self.padding, self.dilation)
            ]
        rows = input.features.new_empty(sites, places, input.features.shape[1])
        return input._with(rows.amax(1), indices, shape)


for _n in (1, 2, 3, 4):
    LAYERS[f"SparseMaxPool{_n}d"] = type(f"SparseMaxPool{_n}d", (_MaxPool,), {"_axes": _n, "__module__": "spconv.pytorch"})
_ = SparseConvTensor
