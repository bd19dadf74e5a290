"""mmengine: modules with initial values, registries, configurations."""

from . import config, model, registry, utils  # noqa: F401
from .config import Config, ConfigDict  # noqa: F401
from .registry import Registry, build_from_cfg  # noqa: F401

__version__ = "0.10.7"
