"""Layers built from dictionaries, and initial values, which nothing needs here."""

from mmengine.model import (
    bias_init_with_prob,
    caffe2_xavier_init,
    constant_init,
    initialize,
    kaiming_init,
    normal_init,
    trunc_normal_init,
    uniform_init,
    xavier_init,
)  # noqa: F401
from torch.nn import BatchNorm2d, Conv2d, Conv3d, ConvTranspose2d, Linear, MaxPool2d  # noqa: F401

from . import bricks  # noqa: F401
from .bricks.build import (
    ACTIVATION_LAYERS,
    CONV_LAYERS,
    NORM_LAYERS,
    PADDING_LAYERS,
    PLUGIN_LAYERS,
    UPSAMPLE_LAYERS,
    build_activation_layer,
    build_conv_layer,
    build_norm_layer,
    build_padding_layer,
    build_plugin_layer,
    build_upsample_layer,
    is_norm,
)  # noqa: F401
from .bricks.conv_module import ConvModule, DepthwiseSeparableConvModule, HSigmoid, HSwish, NonLocal2d, Scale, Swish  # noqa: F401
from mmengine.registry import MODELS  # noqa: F401


def get_model_complexity_info(model, input_shape, print_per_layer_stat=True, as_strings=True, **_):
    from ptflops import get_model_complexity_info as measure

    return measure(model, tuple(input_shape), print_per_layer_stat=print_per_layer_stat, as_strings=as_strings)


def fuse_conv_bn(module):
    return module
