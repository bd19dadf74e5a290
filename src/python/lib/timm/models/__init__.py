"""timm.models: the registry, and what its modules lend to others."""

from . import layers  # noqa: F401
from ._registry import create_model, is_model, list_models, model_entrypoint, register_model  # noqa: F401
from ._helpers import build_model_with_cfg, checkpoint_seq, load_checkpoint, load_pretrained, named_apply  # noqa: F401
from .vision_transformer import VisionTransformer  # noqa: F401
