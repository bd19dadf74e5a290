"""The parts of timm that other people's models are built from; timm's own models come with its folder (--python-path)."""

from . import data, layers  # noqa: F401
from .models._registry import create_model, is_model, list_models, model_entrypoint  # noqa: F401

__version__ = "1.0.22"
