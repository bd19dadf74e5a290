"""Modules that know how to begin, and decorators of precision, which change nothing here."""

from mmengine.model import BaseModule, ModuleDict, ModuleList, Sequential  # noqa: F401


def _decorator(*args, **kwargs):
    return args[0] if args and callable(args[0]) else (lambda f: f)


auto_fp16 = force_fp32 = master_only = _decorator


def load_checkpoint(model, filename, *args, **kwargs):
    raise NotImplementedError("mmcv.runner.load_checkpoint: weights are not read; build the model without a checkpoint (pretrained=None)")


def _load_checkpoint(filename, *args, **kwargs):
    return load_checkpoint(None, filename)


def load_state_dict(module, state_dict, strict=False, logger=None):
    return None


def get_dist_info():
    return 0, 1


_load_checkpoint_with_prefix = lambda prefix, filename, *a, **k: load_checkpoint(None, filename)
