"""Functions of layers, by kind in `_functional/`."""

from typing import Callable, Optional, Tuple, Union  # noqa: F401  (some import them from here)

from .._dispatch import apply  # noqa: F401
from .._tensor import Tensor  # noqa: F401
from ._functional._lists import _pair, _single, _triple  # noqa: F401
from ._functional.activations import *  # noqa: F401,F403
from ._functional.activations import _unary  # noqa: F401
from ._functional.attention import *  # noqa: F401,F403
from ._functional.attention_parts import (  # noqa: F401
    _canonical_mask,
    _in_projection,
    _in_projection_packed,
    _mha_shape_check,
    _none_or_dtype,
)
from ._functional.convolutions import *  # noqa: F401,F403
from ._functional.distances import *  # noqa: F401,F403
from ._functional.dropout import *  # noqa: F401,F403
from ._functional.losses import *  # noqa: F401,F403
from ._functional.losses import _Reduction  # noqa: F401
from ._functional.norms import *  # noqa: F401,F403
from ._functional.pooling import *  # noqa: F401,F403
from ._functional.shapes import *  # noqa: F401,F403


def has_torch_function(*args, **kwargs):
    return False


has_torch_function_unary = has_torch_function_variadic = has_torch_function


def handle_torch_function(*args, **kwargs):
    raise NotImplementedError("__torch_function__ is not part of opcount's torch")
