"""Convolutions with padding by name, with norm and activation, squeeze and excite."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from .activations import create_act_layer
from .helpers import make_divisible, to_2tuple
from .norm import get_norm_act_layer


def get_padding(kernel_size, stride=1, dilation=1, **_):
    if isinstance(kernel_size, (tuple, list)):
        return [get_padding(*a) for a in zip(*map(to_2tuple, (kernel_size, stride, dilation)))]
    return ((stride - 1) + dilation * (kernel_size - 1)) // 2


def get_same_padding(x, kernel_size, stride, dilation):
    return max((-(-x // stride) - 1) * stride + (kernel_size - 1) * dilation + 1 - x, 0)


def is_static_pad(kernel_size, stride=1, dilation=1, **_):
    return stride == 1 and (dilation * (kernel_size - 1)) % 2 == 0


def pad_same(x, kernel_size, stride, dilation=(1, 1), value=0):
    (kh, kw), (sh, sw), (dh, dw) = map(to_2tuple, (kernel_size, stride, dilation))
    h, w = get_same_padding(x.shape[-2], kh, sh, dh), get_same_padding(x.shape[-1], kw, sw, dw)
    return F.pad(x, (w // 2, w - w // 2, h // 2, h - h // 2), value=value)


def conv2d_same(x, weight, bias=None, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    return F.conv2d(pad_same(x, weight.shape[-2:], stride, dilation), weight, bias, stride, (0, 0), dilation, groups)


class Conv2dSame(nn.Conv2d):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, **_):
        super().__init__(in_channels, out_channels, kernel_size, stride, 0, dilation, groups, bias)

    def forward(self, x):
        return conv2d_same(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


def get_padding_value(padding, kernel_size, **kwargs):
    if not isinstance(padding, str):
        return padding, False
    kind = padding.lower()
    if kind == "same":
        static = is_static_pad(kernel_size, **kwargs)
        return (get_padding(kernel_size, **kwargs), False) if static else (0, True)
    return (0, False) if kind == "valid" else (get_padding(kernel_size, **kwargs), False)


def create_conv2d_pad(in_chs, out_chs, kernel_size, **kwargs):
    padding = kwargs.pop("padding", "")
    kwargs.setdefault("bias", False)
    padding, dynamic = get_padding_value(padding, kernel_size, **kwargs)
    if dynamic:
        return Conv2dSame(in_chs, out_chs, kernel_size, **kwargs)
    return nn.Conv2d(in_chs, out_chs, kernel_size, padding=padding, **kwargs)


def create_conv2d(in_channels, out_channels, kernel_size, **kwargs):
    if isinstance(kernel_size, list):
        raise NotImplementedError(
            "timm.layers.create_conv2d: mixed kernel sizes are not implemented by opcount; give timm's folder with --python-path"
        )
    depthwise = kwargs.pop("depthwise", False)
    groups = in_channels if depthwise else kwargs.pop("groups", 1)
    return create_conv2d_pad(in_channels, out_channels, kernel_size, groups=groups, **kwargs)


class ConvNormAct(nn.Module):
    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size=1,
        stride=1,
        padding="",
        dilation=1,
        groups=1,
        bias=False,
        apply_norm=True,
        apply_act=True,
        norm_layer=nn.BatchNorm2d,
        norm_kwargs=None,
        act_layer=nn.ReLU,
        act_kwargs=None,
        drop_layer=None,
    ):
        super().__init__()
        self.conv = create_conv2d(
            in_channels, out_channels, kernel_size, stride=stride, padding=padding, dilation=dilation, groups=groups, bias=bias
        )
        if apply_norm:
            norm_act = get_norm_act_layer(norm_layer, act_layer)
            self.bn = norm_act(
                out_channels, apply_act=apply_act, **({"act_kwargs": act_kwargs} if act_kwargs else {}), **(norm_kwargs or {})
            )
        else:
            self.bn = nn.Sequential()
            if apply_act and act_layer is not None:
                self.bn.add_module("act", create_act_layer(act_layer, **(act_kwargs or {})))

    @property
    def in_channels(self):
        return self.conv.in_channels

    @property
    def out_channels(self):
        return self.conv.out_channels

    def forward(self, x):
        return self.bn(self.conv(x))


ConvBnAct = ConvNormAct


class SeparableConvNormAct(nn.Module):
    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size=3,
        stride=1,
        dilation=1,
        padding="",
        bias=False,
        channel_multiplier=1.0,
        pw_kernel_size=1,
        norm_layer=nn.BatchNorm2d,
        act_layer=nn.ReLU,
        apply_act=True,
        drop_layer=None,
    ):
        super().__init__()
        width = int(in_channels * channel_multiplier)
        self.conv_dw = create_conv2d(in_channels, width, kernel_size, stride=stride, dilation=dilation, padding=padding, depthwise=True)
        self.conv_pw = create_conv2d(width, out_channels, pw_kernel_size, padding=padding, bias=bias)
        self.bn = get_norm_act_layer(norm_layer, act_layer)(out_channels, apply_act=apply_act)

    def forward(self, x):
        return self.bn(self.conv_pw(self.conv_dw(x)))


SeparableConvBnAct = SeparableConvNormAct


class SEModule(nn.Module):
    def __init__(
        self,
        channels,
        rd_ratio=1.0 / 16,
        rd_channels=None,
        rd_divisor=8,
        add_maxpool=False,
        bias=True,
        act_layer=nn.ReLU,
        norm_layer=None,
        gate_layer="sigmoid",
    ):
        super().__init__()
        self.add_maxpool = add_maxpool
        rd_channels = rd_channels or make_divisible(channels * rd_ratio, rd_divisor, round_limit=0.0)
        self.fc1 = nn.Conv2d(channels, rd_channels, kernel_size=1, bias=bias)
        self.bn = norm_layer(rd_channels) if norm_layer else nn.Identity()
        self.act = create_act_layer(act_layer, inplace=True)
        self.fc2 = nn.Conv2d(rd_channels, channels, kernel_size=1, bias=bias)
        self.gate = create_act_layer(gate_layer)

    def forward(self, x):
        s = x.mean((2, 3), keepdim=True)
        if self.add_maxpool:
            s = 0.5 * s + 0.5 * x.amax((2, 3), keepdim=True)
        return x * self.gate(self.fc2(self.act(self.bn(self.fc1(s)))))


SqueezeExcite = SEModule


class EffectiveSEModule(nn.Module):
    def __init__(self, channels, add_maxpool=False, gate_layer="hard_sigmoid", **_):
        super().__init__()
        self.fc = nn.Conv2d(channels, channels, kernel_size=1, padding=0)
        self.gate = create_act_layer(gate_layer)

    def forward(self, x):
        return x * self.gate(self.fc(x.mean((2, 3), keepdim=True)))


EffectiveSqueezeExcite = EffectiveSEModule


class EcaModule(nn.Module):
    def __init__(self, channels=None, kernel_size=3, gamma=2, beta=1, gate_layer="sigmoid", **_):
        super().__init__()
        if channels is not None:
            t = int(abs(math.log(channels, 2) + beta) / gamma)
            kernel_size = max(t if t % 2 else t + 1, 3)
        self.conv = nn.Conv1d(1, 1, kernel_size=kernel_size, padding=(kernel_size - 1) // 2, bias=False)
        self.gate = create_act_layer(gate_layer)

    def forward(self, x):
        y = self.gate(self.conv(x.mean((2, 3)).view(x.shape[0], 1, -1)))
        return x * y.view(x.shape[0], -1, 1, 1).expand_as(x)


class StdConv2d(nn.Conv2d):
    def __init__(self, in_channel, out_channels, kernel_size, stride=1, padding=None, dilation=1, groups=1, bias=False, eps=1e-6):
        padding = get_padding(kernel_size, stride, dilation) if padding is None else padding
        super().__init__(in_channel, out_channels, kernel_size, stride, padding, dilation, groups, bias)
        self.eps = eps

    def forward(self, x):
        weight = F.batch_norm(
            self.weight.reshape(1, self.out_channels, -1), None, None, training=True, momentum=0.0, eps=self.eps
        ).reshape_as(self.weight)
        return F.conv2d(x, weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


_ATTENTION = {"se": SEModule, "ese": EffectiveSEModule, "eca": EcaModule}


def get_attn(attn_type):
    if isinstance(attn_type, str):
        return _ATTENTION[attn_type.lower()] if attn_type else None
    return SEModule if attn_type is True else attn_type or None


def create_attn(attn_type, channels, **kwargs):
    layer = get_attn(attn_type)
    return layer(channels, **kwargs) if layer is not None else None


_ = torch
