"""Building of models, without weights."""

import torch


def build_model_with_cfg(
    model_cls,
    variant,
    pretrained,
    pretrained_cfg=None,
    pretrained_cfg_overlay=None,
    model_cfg=None,
    feature_cfg=None,
    pretrained_strict=True,
    pretrained_filter_fn=None,
    kwargs_filter=None,
    **kwargs,
):
    for name in ("default_cfg", "pretrained_custom_load", "features_only", *(kwargs_filter or ())):
        kwargs.pop(name, None)
    model = model_cls(**kwargs) if model_cfg is None else model_cls(cfg=model_cfg, **kwargs)
    model.pretrained_cfg = model.default_cfg = pretrained_cfg or {}
    return model


def load_pretrained(model, *args, **kwargs):
    return None


load_checkpoint = load_custom_pretrained = load_state_dict = load_pretrained


def named_apply(fn, module, name="", depth_first=True, include_root=False):
    if not depth_first and include_root:
        fn(module=module, name=name)
    for child_name, child in module.named_children():
        named_apply(fn, child, f"{name}.{child_name}" if name else child_name, depth_first, True)
    if depth_first and include_root:
        fn(module=module, name=name)
    return module


def checkpoint_seq(functions, x, every=1, flatten=False, skip_last=False, preserve_rng_state=True):
    for f in functions.children() if isinstance(functions, torch.nn.Module) else functions:
        x = f(x)
    return x


def adapt_input_conv(in_chans, conv_weight):
    return conv_weight


def overlay_external_default_cfg(default_cfg, kwargs):
    return None


def model_parameters(model, exclude_head=False):
    return list(model.parameters())[: -2 if exclude_head else None]


def checkpoint(function, *args, **kwargs):
    kwargs.pop("use_reentrant", None)
    return function(*args, **kwargs)
