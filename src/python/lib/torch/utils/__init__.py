from .. import _quiet
from . import checkpoint, data, hooks, model_zoo, _pytree, flop_counter  # noqa: F401

mobile_optimizer = _quiet.module("torch.utils.mobile_optimizer")
tensorboard = _quiet.module("torch.utils.tensorboard", SummaryWriter=_quiet.Nothing)
cpp_extension = _quiet.module("torch.utils.cpp_extension")
bundled_inputs = _quiet.module("torch.utils.bundled_inputs")
dlpack = _quiet.module("torch.utils.dlpack")
benchmark = _quiet.module("torch.utils.benchmark")
collect_env = _quiet.module("torch.utils.collect_env")
_python_dispatch = _quiet.module("torch.utils._python_dispatch")
