from .build import *  # noqa: F401,F403
from .conv_module import ConvModule, DepthwiseSeparableConvModule, Scale  # noqa: F401
from .drop import Dropout, DropPath, build_dropout  # noqa: F401
