"""Initial values: a tensor without data has none, so these only say that something was written."""

import math


def calculate_gain(nonlinearity, param=None):
    fixed = {"tanh": 5.0 / 3, "relu": math.sqrt(2.0), "selu": 3.0 / 4}
    if nonlinearity in fixed:
        return fixed[nonlinearity]
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        return math.sqrt(2.0 / (1 + slope**2))
    return 1.0


def _calculate_fan_in_and_fan_out(tensor):
    if tensor.dim() < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    field = 1
    for d in tensor.shape[2:]:
        field *= d
    return tensor.shape[1] * field, tensor.shape[0] * field


def _calculate_correct_fan(tensor, mode):
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    return fan_in if mode.lower() == "fan_in" else fan_out


def _written(name, value=None):
    def run(tensor, *args, **kwargs):
        tensor._forget()
        if value is not None:
            fill(tensor, value(*args, **kwargs))
        return tensor

    run.__name__ = name
    return run


def fill(tensor, x):
    n = tensor.numel()
    if type(n) is int and n <= 64 and isinstance(x, (int, float)):
        tensor._value = [x] * n
        tensor._ref = None


zeros_ = _written("zeros_", lambda: 0)
ones_ = _written("ones_", lambda: 1)
constant_ = _written("constant_", lambda val: val)
uniform_ = _written("uniform_")
normal_ = _written("normal_")
trunc_normal_ = _written("trunc_normal_")
eye_ = _written("eye_")
dirac_ = _written("dirac_")
xavier_uniform_ = _written("xavier_uniform_")
xavier_normal_ = _written("xavier_normal_")
kaiming_uniform_ = _written("kaiming_uniform_")
kaiming_normal_ = _written("kaiming_normal_")
orthogonal_ = _written("orthogonal_")
sparse_ = _written("sparse_")

uniform, normal, constant, eye, dirac = uniform_, normal_, constant_, eye_, dirac_
xavier_uniform, xavier_normal = xavier_uniform_, xavier_normal_
kaiming_uniform, kaiming_normal, orthogonal, sparse = kaiming_uniform_, kaiming_normal_, orthogonal_, sparse_
