"""Norms, and norms with the activation that follows them."""

import torch
import torch.nn.functional as F
from torch import nn

from .activations import create_act_layer, get_act_layer


class LayerNorm(nn.LayerNorm):
    def __init__(self, num_channels, eps=1e-6, affine=True, **kwargs):
        super().__init__(num_channels, eps=eps, elementwise_affine=affine)


class LayerNorm2d(nn.LayerNorm):
    def __init__(self, num_channels, eps=1e-6, affine=True, **kwargs):
        super().__init__(num_channels, eps=eps, elementwise_affine=affine)

    def forward(self, x):
        x = F.layer_norm(x.permute(0, 2, 3, 1), self.normalized_shape, self.weight, self.bias, self.eps)
        return x.permute(0, 3, 1, 2)


class GroupNorm(nn.GroupNorm):
    def __init__(self, num_channels, num_groups=32, eps=1e-5, affine=True):
        super().__init__(num_groups, num_channels, eps=eps, affine=affine)


class GroupNorm1(nn.GroupNorm):
    def __init__(self, num_channels, **kwargs):
        super().__init__(1, num_channels, **kwargs)


class RmsNorm(nn.Module):
    def __init__(self, channels, eps=1e-6, affine=True, device=None, dtype=None):
        super().__init__()
        self.normalized_shape, self.eps = (channels,), eps
        self.weight = nn.Parameter(torch.ones(channels)) if affine else None

    def forward(self, x):
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)


class RmsNorm2d(RmsNorm):
    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def _act(layer, inplace, apply_act, kwargs):
    made = create_act_layer(layer, inplace, **(kwargs or {})) if layer is not None and apply_act else None
    return made if made is not None else nn.Identity()


class BatchNormAct2d(nn.BatchNorm2d):
    def __init__(
        self,
        num_features,
        eps=1e-5,
        momentum=0.1,
        affine=True,
        track_running_stats=True,
        apply_act=True,
        act_layer=nn.ReLU,
        act_kwargs=None,
        inplace=True,
        drop_layer=None,
        **_,
    ):
        super().__init__(num_features, eps, momentum, affine, track_running_stats)
        self.drop = drop_layer() if drop_layer is not None else nn.Identity()
        self.act = _act(act_layer, inplace, apply_act, act_kwargs)

    def forward(self, x):
        return self.act(self.drop(super().forward(x)))


class GroupNormAct(nn.GroupNorm):
    def __init__(
        self,
        num_channels,
        num_groups=32,
        eps=1e-5,
        affine=True,
        group_size=None,
        apply_act=True,
        act_layer=nn.ReLU,
        act_kwargs=None,
        inplace=True,
        drop_layer=None,
    ):
        super().__init__(num_groups if group_size is None else num_channels // group_size, num_channels, eps, affine)
        self.drop = drop_layer() if drop_layer is not None else nn.Identity()
        self.act = _act(act_layer, inplace, apply_act, act_kwargs)

    def forward(self, x):
        return self.act(self.drop(super().forward(x)))


class LayerNormAct(nn.LayerNorm):
    def __init__(
        self, num_channels, eps=1e-5, affine=True, apply_act=True, act_layer=nn.ReLU, act_kwargs=None, inplace=True, drop_layer=None, **_
    ):
        super().__init__(num_channels, eps=eps, elementwise_affine=affine)
        self.drop = drop_layer() if drop_layer is not None else nn.Identity()
        self.act = _act(act_layer, inplace, apply_act, act_kwargs)

    def forward(self, x):
        return self.act(self.drop(super().forward(x)))


class LayerNormAct2d(LayerNormAct):
    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class FrozenBatchNormAct2d(nn.Module):
    def __init__(self, num_features, eps=1e-5, apply_act=True, act_layer=nn.ReLU, act_kwargs=None, inplace=True, drop_layer=None):
        super().__init__()
        from torchvision.ops import FrozenBatchNorm2d

        self.norm, self.act = FrozenBatchNorm2d(num_features, eps), _act(act_layer, inplace, apply_act, act_kwargs)

    def forward(self, x):
        return self.act(self.norm(x))


_NORMS = {"batchnorm": nn.BatchNorm2d, "batchnorm2d": nn.BatchNorm2d, "batchnorm1d": nn.BatchNorm1d, "groupnorm": GroupNorm, "groupnorm1": GroupNorm1, "layernorm": LayerNorm, "layernorm2d": LayerNorm2d, "rmsnorm": RmsNorm, "rmsnorm2d": RmsNorm2d}  # fmt: skip
_NORM_ACTS = {
    "batchnorm": BatchNormAct2d,
    "batchnorm2d": BatchNormAct2d,
    "groupnorm": GroupNormAct,
    "layernorm": LayerNormAct,
    "layernorm2d": LayerNormAct2d,
}


def get_norm_layer(norm_layer):
    if not isinstance(norm_layer, str):
        return norm_layer
    return _NORMS[norm_layer.replace("_", "").lower()] if norm_layer else None


def create_norm_layer(layer_name, num_features, **kwargs):
    return get_norm_layer(layer_name)(num_features, **kwargs)


def get_norm_act_layer(norm_layer, act_layer=None):
    import functools

    if norm_layer is None:
        return None
    if isinstance(norm_layer, str):
        found = _NORM_ACTS[norm_layer.replace("_", "").lower().split("-")[0]]
    else:
        name = getattr(norm_layer, "func", norm_layer).__name__.lower()
        found = (
            norm_layer if name.endswith(("act", "act2d")) else next((v for k, v in _NORM_ACTS.items() if name.startswith(k)), norm_layer)
        )
    return functools.partial(found, act_layer=get_act_layer(act_layer)) if act_layer is not None else found


def create_norm_act_layer(layer_name, num_features, act_layer=None, apply_act=True, **kwargs):
    return get_norm_act_layer(layer_name, act_layer)(num_features, apply_act=apply_act, **kwargs)


def convert_sync_batchnorm(module, process_group=None):
    return module


class LayerScale(nn.Module):
    def __init__(self, dim, init_values=1e-5, inplace=False):
        super().__init__()
        self.inplace = inplace
        self.gamma = nn.Parameter(init_values * torch.ones(dim))

    def forward(self, x):
        return x.mul_(self.gamma) if self.inplace else x * self.gamma


class LayerScale2d(LayerScale):
    def forward(self, x):
        gamma = self.gamma.view(1, -1, 1, 1)
        return x.mul_(gamma) if self.inplace else x * gamma
