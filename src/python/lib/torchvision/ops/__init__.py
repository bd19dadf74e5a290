"""Operators and layers of torchvision that models of other people use."""

from .boxes import *  # noqa: F401,F403
from .misc import (  # noqa: F401
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
from .feature_pyramid_network import FeaturePyramidNetwork, LastLevelMaxPool  # noqa: F401
from .losses import sigmoid_focal_loss  # noqa: F401
from ._more import PSRoIAlign, PSRoIPool, generalized_box_iou, masks_to_boxes, ps_roi_align, ps_roi_pool  # noqa: F401
from . import boxes, feature_pyramid_network, misc, poolers  # noqa: E402,F401
from .poolers import MultiScaleRoIAlign  # noqa: E402,F401
