"""Upsampling."""

from .. import functional as F
from ._simple import Simple, settings


@settings(size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None)
class Upsample(Simple):
    def _ready(self):
        scale = self.scale_factor
        if isinstance(scale, tuple):
            self.scale_factor = tuple(float(s) for s in scale)
        elif scale is not None:
            self.scale_factor = float(scale)

    def __opcount_describe__(self):
        return {n: getattr(self, n) for n in ("size", "scale_factor", "mode")}

    def forward(self, input):
        return F.interpolate(input, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor)

    def extra_repr(self):
        what = f"size={self.size}" if self.scale_factor is None else f"scale_factor={self.scale_factor}"
        return f"{what}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    def __init__(self, size=None, scale_factor=None):
        Upsample.__init__(self, size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    def __init__(self, size=None, scale_factor=None):
        Upsample.__init__(self, size, scale_factor, mode="bilinear", align_corners=True)
