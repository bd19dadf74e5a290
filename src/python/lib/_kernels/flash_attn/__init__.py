"""Attention kernels of flash_attn: QKᵀ, softmax and AV, as PyTorch's scaled_dot_product_attention has them."""

from .flash_attn_interface import *  # noqa: F401,F403

__version__ = "2.8.3"
