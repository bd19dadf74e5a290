"""Global pooling, and heads of classifiers."""

import torch
import torch.nn.functional as F
from torch import nn

from .convolution import pad_same
from .helpers import to_2tuple


def adaptive_avgmax_pool2d(x, output_size=1):
    return 0.5 * (F.adaptive_avg_pool2d(x, output_size) + F.adaptive_max_pool2d(x, output_size))


def adaptive_catavgmax_pool2d(x, output_size=1):
    return torch.cat((F.adaptive_avg_pool2d(x, output_size), F.adaptive_max_pool2d(x, output_size)), 1)


class FastAdaptiveAvgPool2d(nn.Module):
    def __init__(self, flatten=False, input_fmt="NCHW"):
        super().__init__()
        self.flatten, self.dim = flatten, (1, 2) if str(input_fmt).endswith("NHWC") else (2, 3)

    def forward(self, x):
        return x.mean(self.dim, keepdim=not self.flatten)


class AdaptiveAvgMaxPool2d(nn.Module):
    def __init__(self, output_size=1):
        super().__init__()
        self.output_size = output_size

    def forward(self, x):
        return adaptive_avgmax_pool2d(x, self.output_size)


class SelectAdaptivePool2d(nn.Module):
    def __init__(self, output_size=1, pool_type="fast", flatten=False, input_fmt="NCHW"):
        super().__init__()
        self.pool_type, self.output_size = pool_type or "", output_size
        self.flatten = nn.Flatten(1) if flatten and pool_type != "fast" else nn.Identity()
        if not pool_type:
            self.pool = nn.Identity()
        elif pool_type.startswith("fast") or str(input_fmt).endswith("NHWC"):
            self.pool = FastAdaptiveAvgPool2d(flatten, input_fmt) if "max" not in pool_type else nn.AdaptiveMaxPool2d(output_size)
            self.flatten = nn.Identity()
        elif pool_type == "avgmax":
            self.pool = AdaptiveAvgMaxPool2d(output_size)
        else:
            self.pool = nn.AdaptiveMaxPool2d(output_size) if pool_type == "max" else nn.AdaptiveAvgPool2d(output_size)

    def is_identity(self):
        return not self.pool_type

    def feat_mult(self):
        return 2 if self.pool_type == "catavgmax" else 1

    def forward(self, x):
        return self.flatten(self.pool(x))


def create_classifier(num_features, num_classes, pool_type="avg", use_conv=False, input_fmt="NCHW", drop_rate=None):
    pool = SelectAdaptivePool2d(pool_type=pool_type, flatten=not use_conv, input_fmt=input_fmt)
    width = num_features * pool.feat_mult()
    fc = nn.Identity() if num_classes <= 0 else nn.Conv2d(width, num_classes, 1) if use_conv else nn.Linear(width, num_classes)
    return (pool, fc) if drop_rate is None else (pool, nn.Dropout(drop_rate), fc)


class ClassifierHead(nn.Module):
    def __init__(self, in_features, num_classes, pool_type="avg", drop_rate=0.0, use_conv=False, input_fmt="NCHW"):
        super().__init__()
        self.global_pool, self.fc = create_classifier(in_features, num_classes, pool_type, use_conv, input_fmt)
        self.drop = nn.Dropout(drop_rate)
        self.flatten = nn.Flatten(1) if use_conv and pool_type else nn.Identity()

    def forward(self, x, pre_logits=False):
        x = self.drop(self.global_pool(x))
        return self.flatten(x if pre_logits else self.fc(x))


class AvgPool2dSame(nn.AvgPool2d):
    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
        super().__init__(to_2tuple(kernel_size), to_2tuple(stride), (0, 0), ceil_mode, count_include_pad)

    def forward(self, x):
        return F.avg_pool2d(
            pad_same(x, self.kernel_size, self.stride), self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad
        )


class MaxPool2dSame(nn.MaxPool2d):
    def forward(self, x):
        return F.max_pool2d(pad_same(x, self.kernel_size, self.stride), self.kernel_size, self.stride, 0, self.dilation, self.ceil_mode)


class BlurPool2d(nn.Module):
    def __init__(self, channels=None, filt_size=3, stride=2, pad_mode="reflect"):
        super().__init__()
        self.channels, self.stride, self.pad_mode = channels, stride, pad_mode
        self.padding = [((stride - 1) + (filt_size - 1)) // 2] * 4
        self.register_buffer("filt", torch.empty(channels or 1, 1, filt_size, filt_size), persistent=False)

    def forward(self, x):
        return F.conv2d(
            F.pad(x, self.padding, self.pad_mode), self.filt.expand(x.shape[1], -1, -1, -1), stride=self.stride, groups=x.shape[1]
        )
