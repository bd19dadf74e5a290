"""Statistics of the pictures that models were trained on."""

from .constants import *  # noqa: F401,F403
from .constants import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD


def resolve_data_config(args=None, default_cfg=None, model=None, **_):
    cfg = default_cfg or getattr(model, "default_cfg", None) or {}
    return {
        "input_size": cfg.get("input_size", (3, 224, 224)),
        "interpolation": "bicubic",
        "mean": IMAGENET_DEFAULT_MEAN,
        "std": IMAGENET_DEFAULT_STD,
        "crop_pct": 0.875,
    }


resolve_model_data_config = resolve_data_config
