"""Models by name: those that a program registers."""

from _opcount.bridge import OpcountError

_entrypoints = {}


def register_model(function):
    _entrypoints[function.__name__] = function
    return function


def model_entrypoint(name, module_filter=None):
    return _entrypoints[name]


def is_model(name):
    return name in _entrypoints


def list_models(filter="", *args, **kwargs):
    return sorted(n for n in _entrypoints if not filter or filter.strip("*") in n)


def create_model(model_name, pretrained=False, pretrained_cfg=None, pretrained_cfg_overlay=None, checkpoint_path=None, **kwargs):
    name = model_name.split(".")[0].split("/")[-1]
    if name not in _entrypoints:
        raise OpcountError(
            f"timm.create_model({model_name!r}): timm's models are not part of opcount",
            "unsupported",
            "give the folder that timm is installed in with --python-path (pip download timm, unpacked, is enough)",
        )
    for ignored in ("scriptable", "exportable", "no_jit"):
        kwargs.pop(ignored, None)
    return _entrypoints[name](pretrained=False, **{k: v for k, v in kwargs.items() if v is not None})


def generate_default_cfgs(cfgs):
    return cfgs


def register_model_deprecations(*args, **kwargs):
    return None
