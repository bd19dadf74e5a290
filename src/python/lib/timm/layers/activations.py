"""Activations by class and by name."""

import torch.nn.functional as F
from torch import nn


def swish(x, inplace=False):
    return F.silu(x, inplace)


def hard_swish(x, inplace=False):
    return F.hardswish(x, inplace)


def hard_sigmoid(x, inplace=False):
    return F.hardsigmoid(x, inplace)


def sigmoid(x, inplace=False):
    return x.sigmoid_() if inplace else x.sigmoid()


def tanh(x, inplace=False):
    return x.tanh_() if inplace else x.tanh()


def gelu(x, inplace=False):
    return F.gelu(x)


def gelu_tanh(x, inplace=False):
    return F.gelu(x, approximate="tanh")


def quick_gelu(x, inplace=False):
    return x * (1.702 * x).sigmoid()


def _layer(name, function):
    def __init__(self, inplace=False):
        nn.Module.__init__(self)
        self.inplace = inplace

    return type(
        name,
        (nn.Module,),
        {"__init__": __init__, "forward": lambda self, x: function(x, self.inplace), "__module__": "timm.layers.activations"},
    )


Swish = _layer("Swish", swish)
HardSwish = _layer("HardSwish", hard_swish)
HardSigmoid = _layer("HardSigmoid", hard_sigmoid)
HardMish = _layer("HardMish", lambda x, inplace=False: 0.5 * x * (x + 2).clamp(min=0, max=2))
Sigmoid = _layer("Sigmoid", sigmoid)
Tanh = _layer("Tanh", tanh)
GELU = _layer("GELU", gelu)
GELUTanh = _layer("GELUTanh", gelu_tanh)
QuickGELU = _layer("QuickGELU", quick_gelu)
Mish = _layer("Mish", F.mish)


class PReLU(nn.PReLU):
    pass


_FUNCTIONS = {"silu": F.silu, "swish": F.silu, "mish": F.mish, "relu": F.relu, "relu6": F.relu6, "leaky_relu": F.leaky_relu, "elu": F.elu, "celu": F.celu, "selu": F.selu, "gelu": gelu, "gelu_tanh": gelu_tanh, "quick_gelu": quick_gelu, "sigmoid": sigmoid, "tanh": tanh, "hard_sigmoid": F.hardsigmoid, "hard_swish": F.hardswish, "hardswish": F.hardswish, "hardsigmoid": F.hardsigmoid}  # fmt: skip
_LAYERS = {"silu": nn.SiLU, "swish": nn.SiLU, "mish": nn.Mish, "relu": nn.ReLU, "relu6": nn.ReLU6, "leaky_relu": nn.LeakyReLU, "elu": nn.ELU, "prelu": PReLU, "celu": nn.CELU, "selu": nn.SELU, "gelu": GELU, "gelu_tanh": GELUTanh, "quick_gelu": QuickGELU, "sigmoid": Sigmoid, "tanh": Tanh, "hard_sigmoid": nn.Hardsigmoid, "hard_swish": nn.Hardswish, "hardswish": nn.Hardswish, "hardsigmoid": nn.Hardsigmoid, "identity": nn.Identity}  # fmt: skip


def get_act_fn(name="relu"):
    return name if not name or callable(name) else _FUNCTIONS[name.lower()]


def get_act_layer(name="relu"):
    if not name:
        return None
    return _LAYERS[name.lower()] if isinstance(name, str) else name


def create_act_layer(name, inplace=None, **kwargs):
    layer = get_act_layer(name)
    if layer is None:
        return None
    try:
        return layer(**kwargs) if inplace is None else layer(inplace=inplace, **kwargs)
    except TypeError:
        return layer(**kwargs)
