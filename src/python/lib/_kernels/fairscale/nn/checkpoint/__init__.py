"""Checkpointing: forward is the same."""


def checkpoint_wrapper(module, *args, **kwargs):
    return module
