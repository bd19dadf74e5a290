"""Helpers of torchvision's models that others import: the layers of a backbone, widths that divide."""

from collections import OrderedDict

from torch import nn


class IntermediateLayerGetter(nn.ModuleDict):
    """The layers of a model up to the last that is asked for; gives what the asked ones give, under new names."""

    def __init__(self, model, return_layers):
        names = {str(k) for k in return_layers}
        if not names.issubset(name for name, _ in model.named_children()):
            raise ValueError("return_layers are not present in model")
        layers, left = OrderedDict(), set(names)
        for name, module in model.named_children():
            layers[name] = module
            left.discard(name)
            if not left:
                break
        super().__init__(layers)
        self.return_layers = {str(k): str(v) for k, v in return_layers.items()}

    def forward(self, x):
        out = OrderedDict()
        for name, module in self.items():
            x = module(x)
            if name in self.return_layers:
                out[self.return_layers[name]] = x
        return out


def _make_divisible(v, divisor, min_value=None):
    least = divisor if min_value is None else min_value
    new = max(least, int(v + divisor / 2) // divisor * divisor)
    return new + divisor if new < 0.9 * v else new


def _ovewrite_named_param(kwargs, param, new_value):
    kwargs[param] = new_value


def handle_legacy_interface(**weights):
    return lambda builder: builder
