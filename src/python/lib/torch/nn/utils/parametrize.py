"""Whether weights are computed from others."""


def is_parametrized(module, tensor_name=None):
    return False


def register_parametrization(module, tensor_name, parametrization, *, unsafe=False):
    raise NotImplementedError("torch.nn.utils.parametrize.register_parametrization is not part of opcount's torch")


def remove_parametrizations(module, tensor_name, leave_parametrized=True):
    return module
