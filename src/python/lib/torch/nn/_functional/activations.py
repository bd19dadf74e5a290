"""Activations, and what makes a distribution of scores."""

from ... import _factories
from ..._dispatch import apply, outer


def _unary(name, input, spelling, *more, inplace=False):
    return apply(name + "_" if inplace else name, (input, *more), None, spelling)


def _activation(name):
    def run(input, inplace=False):
        return _unary(name, input, "F." + name, inplace=inplace)

    run.__name__ = name
    return run


relu = _activation("relu")
relu6 = _activation("relu6")
silu = _activation("silu")
mish = _activation("mish")
selu = _activation("selu")
hardswish = _activation("hardswish")
hardsigmoid = _activation("hardsigmoid")


def relu_(input):
    return _unary("relu", input, "F.relu_", inplace=True)


def sigmoid(input):
    return _unary("sigmoid", input, "F.sigmoid")


def tanh(input):
    return _unary("tanh", input, "F.tanh")


def logsigmoid(input):
    return _unary("log_sigmoid", input, "F.logsigmoid")


@outer("F.softsign")
def softsign(input):
    return input / (input.abs() + 1)


@outer("F.tanhshrink")
def tanhshrink(input):
    return input - input.tanh()


def hardtanh(input, min_val=-1.0, max_val=1.0, inplace=False):
    return _unary("hardtanh", input, "F.hardtanh", min_val, max_val, inplace=inplace)


def leaky_relu(input, negative_slope=0.01, inplace=False):
    return _unary("leaky_relu", input, "F.leaky_relu", negative_slope, inplace=inplace)


def leaky_relu_(input, negative_slope=0.01):
    return leaky_relu(input, negative_slope, True)


def elu(input, alpha=1.0, inplace=False):
    return _unary("elu", input, "F.elu", alpha, inplace=inplace)


def celu(input, alpha=1.0, inplace=False):
    return _unary("celu", input, "F.celu", alpha, inplace=inplace)


def rrelu(input, lower=1.0 / 8, upper=1.0 / 3, training=False, inplace=False):
    return _unary("rrelu", input, "F.rrelu", lower, upper, training, inplace=inplace)


def threshold(input, threshold, value, inplace=False):
    return _unary("threshold", input, "F.threshold", threshold, value, inplace=inplace)


def softplus(input, beta=1.0, threshold=20.0):
    return _unary("softplus", input, "F.softplus", beta, threshold)


def softshrink(input, lambd=0.5):
    return _unary("softshrink", input, "F.softshrink", lambd)


def hardshrink(input, lambd=0.5):
    return _unary("hardshrink", input, "F.hardshrink", lambd)


def gelu(input, approximate="none"):
    return apply("gelu", (input,), {"approximate": approximate}, "F.gelu")


def prelu(input, weight):
    return apply("prelu", (input, weight), None, "F.prelu")


def glu(input, dim=-1):
    return apply("glu", (input, dim), None, "F.glu")


def _softmax_dim(dim, ndim):
    if dim is not None:
        return dim
    return 0 if ndim in (0, 1, 3) else 1


def softmax(input, dim=None, _stacklevel=3, dtype=None):
    more = {"dtype": dtype} if dtype is not None else {}
    return apply("softmax", (input, _softmax_dim(dim, input.dim())), more, "F.softmax")


def log_softmax(input, dim=None, _stacklevel=3, dtype=None):
    more = {"dtype": dtype} if dtype is not None else {}
    return apply("log_softmax", (input, _softmax_dim(dim, input.dim())), more, "F.log_softmax")


@outer("F.softmin")
def softmin(input, dim=None, _stacklevel=3, dtype=None):
    return softmax(-input, dim, dtype=dtype)


@outer("F.gumbel_softmax")
def gumbel_softmax(logits, tau=1.0, hard=False, eps=1e-10, dim=-1):
    noise = _factories.empty_like(logits)
    return softmax((logits + noise) / tau, dim)


def _inside(function):
    """The same written into its input."""

    def run(input, *args, **kwargs):
        return function(input, *args, **{**kwargs, "inplace": True})

    run.__name__ = function.__name__ + "_"
    return run


elu_, selu_, celu_, hardtanh_, rrelu_, threshold_ = map(_inside, (elu, selu, celu, hardtanh, rrelu, threshold))
