"""Sliding blocks as columns, and back."""

from .. import functional as F
from ._simple import Simple, settings


@settings("kernel_size", dilation=1, padding=0, stride=1)
class Unfold(Simple):
    def forward(self, input):
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)


@settings("output_size", "kernel_size", dilation=1, padding=0, stride=1)
class Fold(Simple):
    def forward(self, input):
        return F.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)
