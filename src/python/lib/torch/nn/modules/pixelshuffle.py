"""Channels to space and back."""

from .. import functional as F
from ._simple import Simple, settings


@settings("upscale_factor")
class PixelShuffle(Simple):
    def forward(self, input):
        return F.pixel_shuffle(input, self.upscale_factor)


@settings("downscale_factor")
class PixelUnshuffle(Simple):
    def forward(self, input):
        return F.pixel_unshuffle(input, self.downscale_factor)


@settings("groups")
class ChannelShuffle(Simple):
    def forward(self, input):
        return F.channel_shuffle(input, self.groups)
