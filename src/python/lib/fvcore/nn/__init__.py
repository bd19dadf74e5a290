"""fvcore's analysis, with its own numbers."""

from .activation_count import ActivationCountAnalysis, activation_count  # noqa: F401
from .flop_count import FlopCountAnalysis, flop_count  # noqa: F401
from .parameter_count import parameter_count, parameter_count_table  # noqa: F401
from .print_model_statistics import flop_count_str, flop_count_table  # noqa: F401
from .weight_init import c2_msra_fill, c2_xavier_fill  # noqa: F401
from . import jit_handles  # noqa: F401
