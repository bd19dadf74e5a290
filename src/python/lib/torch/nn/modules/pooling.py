"""Pooling."""

from .. import functional as F
from ._simple import Simple, settings


def _max(axes):
    function = getattr(F, f"max_pool{axes}d")

    class Pool(Simple):
        _settings = ()

        def _ready(self):
            if self.stride is None:
                self.stride = self.kernel_size

        def forward(self, input):
            return function(
                input,
                self.kernel_size,
                self.stride,
                self.padding,
                self.dilation,
                ceil_mode=self.ceil_mode,
                return_indices=self.return_indices,
            )

        def extra_repr(self):
            return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, dilation={self.dilation}, ceil_mode={self.ceil_mode}"

    return settings("kernel_size", stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False)(
        _named(Pool, f"MaxPool{axes}d")
    )


def _avg(axes):
    function = getattr(F, f"avg_pool{axes}d")

    class Pool(Simple):
        def _ready(self):
            if self.stride is None:
                self.stride = self.kernel_size

        def forward(self, input):
            more = () if axes == 1 else (self.divisor_override,)
            return function(input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad, *more)

        def extra_repr(self):
            # Each is a tuple in one axis alone, as PyTorch has it.
            told = lambda x: (x,) if axes == 1 and isinstance(x, int) else x
            return f"kernel_size={told(self.kernel_size)}, stride={told(self.stride)}, padding={told(self.padding)}"

    more = {} if axes == 1 else {"divisor_override": None}
    return settings("kernel_size", stride=None, padding=0, ceil_mode=False, count_include_pad=True, **more)(_named(Pool, f"AvgPool{axes}d"))


def _adaptive(kind, axes):
    function = getattr(F, f"adaptive_{kind.lower()}_pool{axes}d")

    class Pool(Simple):
        def __opcount_describe__(self):
            size = self.output_size
            return {"output_size": list(size) if isinstance(size, (tuple, list)) else [size] * axes}

        def forward(self, input):
            if kind == "Max" and self.return_indices:
                return function(input, self.output_size, True)
            return function(input, self.output_size)

        def extra_repr(self):
            return f"output_size={self.output_size}"

    more = {"return_indices": False} if kind == "Max" else {}
    return settings("output_size", **more)(_named(Pool, f"Adaptive{kind}Pool{axes}d"))


def _lp(axes):
    function = getattr(F, f"lp_pool{axes}d")

    class Pool(Simple):
        def forward(self, input):
            return function(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)

    return settings("norm_type", "kernel_size", stride=None, ceil_mode=False)(_named(Pool, f"LPPool{axes}d"))


def _named(cls, name):
    cls.__name__ = cls.__qualname__ = name
    cls.__module__ = __name__
    return cls


MaxPool1d, MaxPool2d, MaxPool3d = (_max(n) for n in (1, 2, 3))
AvgPool1d, AvgPool2d, AvgPool3d = (_avg(n) for n in (1, 2, 3))
AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d = (_adaptive("Avg", n) for n in (1, 2, 3))
AdaptiveMaxPool1d, AdaptiveMaxPool2d, AdaptiveMaxPool3d = (_adaptive("Max", n) for n in (1, 2, 3))
LPPool1d, LPPool2d, LPPool3d = (_lp(n) for n in (1, 2, 3))


def _unpool(axes):
    function = getattr(F, f"max_unpool{axes}d")

    class Unpool(Simple):
        def _ready(self):
            if self.stride is None:
                self.stride = self.kernel_size

        def extra_repr(self):
            told = lambda x: (x,) * axes if isinstance(x, int) else x
            return f"kernel_size={told(self.kernel_size)}, stride={told(self.stride)}, padding={told(self.padding)}"

        def forward(self, input, indices, output_size=None):
            return function(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    return settings("kernel_size", stride=None, padding=0)(_named(Unpool, f"MaxUnpool{axes}d"))


MaxUnpool1d, MaxUnpool2d, MaxUnpool3d = (_unpool(n) for n in (1, 2, 3))
