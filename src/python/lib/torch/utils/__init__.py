from .. import _noop
from . import checkpoint, data, hooks, model_zoo, _pytree, flop_counter  # noqa: F401

mobile_optimizer = _noop.module("torch.utils.mobile_optimizer")
tensorboard = _noop.module("torch.utils.tensorboard", SummaryWriter=_noop.Nothing)
cpp_extension = _noop.module("torch.utils.cpp_extension")
bundled_inputs = _noop.module("torch.utils.bundled_inputs")
dlpack = _noop.module("torch.utils.dlpack")
benchmark = _noop.module("torch.utils.benchmark")
collect_env = _noop.module("torch.utils.collect_env")
_python_dispatch = _noop.module("torch.utils._python_dispatch")
