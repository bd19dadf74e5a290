"""Which kernel attention is computed by: its arithmetic is the same."""

from ... import _noop

SDPBackend = _noop.Words("SDPBackend")
sdpa_kernel = _noop.nothing
WARN_FOR_UNFUSED_KERNELS = False
can_use_flash_attention = can_use_efficient_attention = _noop.false


def __getattr__(name):
    if name in ("bias", "flex_attention"):
        import importlib

        return importlib.import_module(f"torch.nn.attention.{name}")
    raise AttributeError(f"module 'torch.nn.attention' has no attribute '{name}'")
