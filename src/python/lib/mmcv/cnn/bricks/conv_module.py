"""A convolution with its norm and activation, and layers that are made of it."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.instancenorm import _InstanceNorm

from .build import UPSAMPLE_LAYERS, build_activation_layer, build_conv_layer, build_norm_layer, build_padding_layer

Swish, HSwish = nn.SiLU, nn.Hardswish


class ConvModule(nn.Module):
    _abbr_ = "conv_block"

    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        stride=1,
        padding=0,
        dilation=1,
        groups=1,
        bias="auto",
        conv_cfg=None,
        norm_cfg=None,
        act_cfg={"type": "ReLU"},
        inplace=True,
        with_spectral_norm=False,
        padding_mode="zeros",
        order=("conv", "norm", "act"),
        efficient_conv_bn_eval=False,
    ):
        super().__init__()
        self.conv_cfg, self.norm_cfg, self.act_cfg, self.order, self.inplace = conv_cfg, norm_cfg, act_cfg, order, inplace
        self.with_norm, self.with_activation = norm_cfg is not None, act_cfg is not None
        self.with_bias = not self.with_norm if bias == "auto" else bias
        self.with_spectral_norm = with_spectral_norm
        self.with_explicit_padding = padding_mode not in ("zeros", "circular")
        if self.with_explicit_padding:
            self.padding_layer = build_padding_layer({"type": padding_mode}, padding)
        self.conv = build_conv_layer(
            conv_cfg,
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            padding=0 if self.with_explicit_padding else padding,
            dilation=dilation,
            groups=groups,
            bias=self.with_bias,
        )
        for name in ("in_channels", "out_channels", "kernel_size", "stride", "dilation", "groups"):
            setattr(self, name, getattr(self.conv, name))
        self.padding = padding
        if with_spectral_norm:
            self.conv = nn.utils.spectral_norm(self.conv)
        self.norm_name = None
        if self.with_norm:
            width = out_channels if order.index("norm") > order.index("conv") else in_channels
            self.norm_name, norm = build_norm_layer(norm_cfg, width)
            self.add_module(self.norm_name, norm)
            if self.with_bias and isinstance(norm, (_BatchNorm, _InstanceNorm)) and bias == "auto":
                raise AssertionError
        if self.with_activation:
            act = dict(act_cfg)
            if act["type"] not in ("Tanh", "PReLU", "Sigmoid", "HSigmoid", "Swish", "GELU"):
                act.setdefault("inplace", inplace)
            self.activate = build_activation_layer(act)

    @property
    def norm(self):
        return getattr(self, self.norm_name) if self.norm_name else None

    def init_weights(self):
        return None

    def forward(self, x, activate=True, norm=True):
        for layer in self.order:
            if layer == "conv":
                x = self.conv(self.padding_layer(x) if self.with_explicit_padding else x)
            elif layer == "norm" and norm and self.with_norm:
                x = self.norm(x)
            elif layer == "act" and activate and self.with_activation:
                x = self.activate(x)
        return x


class DepthwiseSeparableConvModule(nn.Module):
    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        stride=1,
        padding=0,
        dilation=1,
        norm_cfg=None,
        act_cfg={"type": "ReLU"},
        dw_norm_cfg="default",
        dw_act_cfg="default",
        pw_norm_cfg="default",
        pw_act_cfg="default",
        **kwargs,
    ):
        super().__init__()
        pick = lambda own, common: own if own != "default" else common
        self.depthwise_conv = ConvModule(
            in_channels,
            in_channels,
            kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=in_channels,
            norm_cfg=pick(dw_norm_cfg, norm_cfg),
            act_cfg=pick(dw_act_cfg, act_cfg),
            **kwargs,
        )
        self.pointwise_conv = ConvModule(
            in_channels, out_channels, 1, norm_cfg=pick(pw_norm_cfg, norm_cfg), act_cfg=pick(pw_act_cfg, act_cfg), **kwargs
        )

    def forward(self, x):
        return self.pointwise_conv(self.depthwise_conv(x))


class Scale(nn.Module):
    def __init__(self, scale=1.0):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(scale, dtype=torch.float))

    def forward(self, x):
        return x * self.scale


class HSigmoid(nn.Module):
    def __init__(self, bias=3.0, divisor=6.0, min_value=0.0, max_value=1.0):
        super().__init__()
        self.bias, self.divisor, self.min_value, self.max_value = bias, divisor, min_value, max_value

    def forward(self, x):
        return ((x + self.bias) / self.divisor).clamp_(self.min_value, self.max_value)


@UPSAMPLE_LAYERS.register_module(name="pixel_shuffle")
class PixelShufflePack(nn.Module):
    def __init__(self, in_channels, out_channels, scale_factor, upsample_kernel):
        super().__init__()
        self.scale_factor = scale_factor
        self.upsample_conv = nn.Conv2d(
            in_channels, out_channels * scale_factor * scale_factor, upsample_kernel, padding=(upsample_kernel - 1) // 2
        )

    def forward(self, x):
        return F.pixel_shuffle(self.upsample_conv(x), self.scale_factor)


class NonLocal2d(nn.Module):
    def __init__(
        self, in_channels, reduction=2, use_scale=True, conv_cfg=None, norm_cfg=None, mode="embedded_gaussian", sub_sample=False, **_
    ):
        super().__init__()
        if mode not in ("embedded_gaussian", "dot_product") or sub_sample:
            raise NotImplementedError(
                f"mmcv.cnn.NonLocal2d: mode={mode!r} with sub_sample={sub_sample} is not implemented by opcount; give mmcv's folder with --python-path"
            )
        self.use_scale, self.inter_channels, self.mode = use_scale, max(in_channels // reduction, 1), mode
        self.g = ConvModule(in_channels, self.inter_channels, 1, conv_cfg=conv_cfg, act_cfg=None)
        self.conv_out = ConvModule(self.inter_channels, in_channels, 1, conv_cfg=conv_cfg, norm_cfg=norm_cfg, act_cfg=None)
        self.theta = ConvModule(in_channels, self.inter_channels, 1, conv_cfg=conv_cfg, act_cfg=None)
        self.phi = ConvModule(in_channels, self.inter_channels, 1, conv_cfg=conv_cfg, act_cfg=None)

    def forward(self, x):
        batch, _, height, width = x.shape
        g = self.g(x).view(batch, self.inter_channels, -1).permute(0, 2, 1)
        theta = self.theta(x).view(batch, self.inter_channels, -1).permute(0, 2, 1)
        weights = torch.matmul(theta, self.phi(x).view(batch, self.inter_channels, -1))
        if self.mode == "dot_product":
            weights = weights / weights.shape[-1]
        else:
            weights = (weights / theta.shape[-1] ** 0.5 if self.use_scale else weights).softmax(dim=-1)
        y = torch.matmul(weights, g).permute(0, 2, 1).reshape(batch, self.inter_channels, height, width)
        return x + self.conv_out(y)
