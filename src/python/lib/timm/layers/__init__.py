"""timm's layers, as its users import them."""

import sys as _sys

from .activations import *  # noqa: F401,F403
from .activations import create_act_layer, get_act_fn, get_act_layer  # noqa: F401
from .attention import *  # noqa: F401,F403
from .drop import DropBlock2d, DropPath, calculate_drop_path_rates, drop_block_2d, drop_path  # noqa: F401
from .helpers import *  # noqa: F401,F403
from .mlp import *  # noqa: F401,F403
from .norm import *  # noqa: F401,F403
from .convolution import *  # noqa: F401,F403
from .pool import *  # noqa: F401,F403
from .patch_embed import *  # noqa: F401,F403
from .weight_init import *  # noqa: F401,F403

# Modules of timm.layers of which the names are all here.
for _name in (
    "classifier",
    "create_act",
    "create_conv2d",
    "create_norm",
    "create_norm_act",
    "norm_act",
    "conv_bn_act",
    "conv2d_same",
    "padding",
    "squeeze_excite",
    "adaptive_avgmax_pool",
    "layer_scale",
    "config",
    "pos_embed",
    "format",
    "cbam",
    "eca",
    "blur_pool",
    "pos_embed_sincos",
    "attention_pool",
    "create_attn",
    "std_conv",
    "mixed_conv2d",
    "separable_conv",
    "pool2d_same",
    "trace_utils",
    "grn",
    "fast_norm",
    "interpolate",
):
    _sys.modules[f"timm.layers.{_name}"] = _sys.modules[__name__]
