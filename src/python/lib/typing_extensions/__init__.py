"""Names that later versions of Python have in `typing`; they are taken from there."""

import types
import typing
import warnings
from typing import *  # noqa: F401,F403

deprecated = getattr(warnings, "deprecated", lambda *_, **__: lambda f: f)
get_original_bases = getattr(types, "get_original_bases", lambda cls: cls.__dict__.get("__orig_bases__", cls.__bases__))
runtime = typing.runtime_checkable
Buffer = object


class Doc(str):
    """`Annotated[int, Doc("…")]`."""


def __getattr__(name):
    found = getattr(typing, name, None)
    if found is None:
        raise AttributeError(f"module 'typing_extensions' has no attribute '{name}'")
    return found
