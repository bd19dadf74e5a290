"""Operators and layers of torchvision that models of other people use."""

from .boxes import *  # noqa: F401,F403
from .layers import (  # noqa: F401
    MLP,
    Conv2dNormActivation,
    Conv3dNormActivation,
    DropBlock2d,
    FrozenBatchNorm2d,
    Permute,
    SqueezeExcitation,
    StochasticDepth,
    stochastic_depth,
)
from .regions import DeformConv2d, RoIAlign, RoIPool, deform_conv2d, roi_align, roi_pool  # noqa: F401
from .fpn import FeaturePyramidNetwork, LastLevelMaxPool  # noqa: F401
from .losses import sigmoid_focal_loss  # noqa: F401
from . import layers as misc  # noqa: F401
