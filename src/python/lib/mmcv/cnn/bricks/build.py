"""Convolutions, norms, activations, paddings and up-sampling by dictionary: `dict(type="BN")`."""

from mmengine.registry import Registry
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.instancenorm import _InstanceNorm

CONV_LAYERS, NORM_LAYERS, ACTIVATION_LAYERS = Registry("conv layer"), Registry("norm layer"), Registry("activation layer")
PADDING_LAYERS, UPSAMPLE_LAYERS, PLUGIN_LAYERS = Registry("padding layer"), Registry("upsample layer"), Registry("plugin layer")
for _name, _layer in {
    "Conv1d": nn.Conv1d,
    "Conv2d": nn.Conv2d,
    "Conv3d": nn.Conv3d,
    "Conv": nn.Conv2d,
    "deconv": nn.ConvTranspose2d,
}.items():
    CONV_LAYERS.register_module(_name, module=_layer)
for _name, _layer in {
    "BN": nn.BatchNorm2d,
    "BN1d": nn.BatchNorm1d,
    "BN2d": nn.BatchNorm2d,
    "BN3d": nn.BatchNorm3d,
    "SyncBN": nn.SyncBatchNorm,
    "MMSyncBN": nn.SyncBatchNorm,
    "GN": nn.GroupNorm,
    "LN": nn.LayerNorm,
    "IN": nn.InstanceNorm2d,
    "IN1d": nn.InstanceNorm1d,
    "IN2d": nn.InstanceNorm2d,
    "IN3d": nn.InstanceNorm3d,
}.items():
    NORM_LAYERS.register_module(_name, module=_layer)
for _layer in (
    nn.ReLU,
    nn.LeakyReLU,
    nn.PReLU,
    nn.RReLU,
    nn.ReLU6,
    nn.ELU,
    nn.Sigmoid,
    nn.Tanh,
    nn.GELU,
    nn.SiLU,
    nn.Hardswish,
    nn.Hardsigmoid,
    nn.Mish,
    nn.Softmax,
):
    ACTIVATION_LAYERS.register_module(module=_layer)
ACTIVATION_LAYERS.register_module("HSwish", module=nn.Hardswish)
ACTIVATION_LAYERS.register_module("Swish", module=nn.SiLU)
for _name, _layer in {"zero": nn.ZeroPad2d, "reflect": nn.ReflectionPad2d, "replicate": nn.ReplicationPad2d}.items():
    PADDING_LAYERS.register_module(_name, module=_layer)
_SHORT = {_BatchNorm: "bn", nn.GroupNorm: "gn", nn.LayerNorm: "ln", _InstanceNorm: "in"}


def _deformable(kind):
    from mmcv import ops

    return {"DCN": ops.DeformConv2dPack, "DCNv2": ops.ModulatedDeformConv2dPack}.get(kind)


def build_conv_layer(cfg, *args, **kwargs):
    cfg = dict(cfg or {"type": "Conv2d"})
    kind = cfg.pop("type")
    cfg.pop("fallback_on_stride", None)
    layer = kind if isinstance(kind, type) else CONV_LAYERS.get(kind) or _deformable(kind)
    if layer is None:
        raise KeyError(f"Unrecognized layer type {kind}")
    return layer(*args, **kwargs, **cfg)


def build_norm_layer(cfg, num_features, postfix=""):
    cfg = dict(cfg)
    kind = cfg.pop("type")
    layer = kind if isinstance(kind, type) else NORM_LAYERS.get(kind)
    if layer is None:
        raise KeyError(f"Unrecognized norm type {kind}")
    trains = cfg.pop("requires_grad", True)
    cfg.setdefault("eps", 1e-5)
    made = layer(num_channels=num_features, **cfg) if layer is nn.GroupNorm else layer(num_features, **cfg)
    for param in made.parameters():
        param.requires_grad = trains
    short = next((s for c, s in _SHORT.items() if issubclass(layer, c)), "norm_layer")
    return short + str(postfix), made


def build_activation_layer(cfg, **kwargs):
    cfg = dict(cfg)
    kind = cfg.pop("type")
    layer = kind if isinstance(kind, type) else ACTIVATION_LAYERS.get(kind)
    if layer is None:
        raise KeyError(f"{kind} is not in the activation registry")
    if layer in (nn.Tanh, nn.Sigmoid, nn.GELU, nn.PReLU, nn.Softmax):
        cfg.pop("inplace", None)
    return layer(**cfg)


def build_padding_layer(cfg, *args, **kwargs):
    cfg = dict(cfg)
    return PADDING_LAYERS.get(cfg.pop("type"))(*args, **kwargs, **cfg)


def build_upsample_layer(cfg, *args, **kwargs):
    cfg = dict(cfg)
    kind = cfg.pop("type")
    if kind in ("nearest", "bilinear"):
        return nn.Upsample(*args, mode=kind, **kwargs, **cfg)
    if kind == "deconv":
        return nn.ConvTranspose2d(*args, **kwargs, **cfg)
    return UPSAMPLE_LAYERS.get(kind)(*args, **kwargs, **cfg)


def build_plugin_layer(cfg, postfix="", **kwargs):
    cfg = dict(cfg)
    layer = PLUGIN_LAYERS.get(cfg.pop("type"))
    return layer.__name__.lower() + str(postfix), layer(**kwargs, **cfg)


def is_norm(layer, exclude=None):
    return isinstance(layer, (_BatchNorm, _InstanceNorm, nn.GroupNorm, nn.LayerNorm)) and not (exclude and isinstance(layer, exclude))
