"""mmengine: modules with initial values, registries, configurations."""

from . import config, model, registry, utils  # noqa: F401
from .config import Config, ConfigDict  # noqa: F401
from .registry import Registry, build_from_cfg  # noqa: F401


def __getattr__(name):
    if name == "__version__":
        return utils.wanted_version("0.10.7")
    raise AttributeError(f"module 'mmengine' has no attribute '{name}'")
