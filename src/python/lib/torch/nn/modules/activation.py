"""Activations and multi-head attention."""

from ... import _factories
from .. import functional as F
from ..parameter import Parameter
from ._simple import Simple, settings
from .linear import NonDynamicallyQuantizableLinear
from .module import Module


def _activation(name, function):
    """An activation that may write in place and has no other setting."""

    class Activation(Simple):
        def forward(self, input):
            return function(input, inplace=self.inplace)

        def extra_repr(self):
            return "inplace=True" if self.inplace else ""

    return _named(settings(inplace=False)(Activation), name)


def _plain(name, function):
    class Activation(Module):
        def forward(self, input):
            return function(input)

    return _named(Activation, name)


def _named(cls, name):
    cls.__name__ = cls.__qualname__ = name
    cls.__module__ = __name__
    return cls


ReLU = _activation("ReLU", F.relu)
SiLU = _activation("SiLU", F.silu)
Mish = _activation("Mish", F.mish)
Hardswish = _activation("Hardswish", F.hardswish)
Hardsigmoid = _activation("Hardsigmoid", F.hardsigmoid)
SELU = _activation("SELU", F.selu)
Sigmoid = _plain("Sigmoid", lambda x: F._unary("sigmoid", x, "torch.sigmoid"))
Tanh = _plain("Tanh", lambda x: F._unary("tanh", x, "torch.tanh"))
LogSigmoid = _plain("LogSigmoid", F.logsigmoid)
Softsign = _plain("Softsign", F.softsign)
Tanhshrink = _plain("Tanhshrink", F.tanhshrink)


@settings(min_val=-1.0, max_val=1.0, inplace=False, min_value=None, max_value=None)
class Hardtanh(Simple):
    def _ready(self):
        if self.min_value is not None:
            self.min_val = self.min_value
        if self.max_value is not None:
            self.max_val = self.max_value
        del self.min_value, self.max_value

    def __opcount_describe__(self):
        return {"min_val": self.min_val, "max_val": self.max_val}

    def forward(self, input):
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self):
        return f"min_val={self.min_val}, max_val={self.max_val}" + (", inplace=True" if self.inplace else "")


class ReLU6(Hardtanh):
    def __init__(self, inplace=False):
        Hardtanh.__init__(self, 0.0, 6.0, inplace)

    def extra_repr(self):
        return "inplace=True" if self.inplace else ""


@settings("threshold", "value", inplace=False)
class Threshold(Simple):
    _silent = ("inplace",)

    def forward(self, input):
        return F.threshold(input, self.threshold, self.value, self.inplace)


@settings(negative_slope=1e-2, inplace=False)
class LeakyReLU(Simple):
    def forward(self, input):
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self):
        return f"negative_slope={self.negative_slope}" + (", inplace=True" if self.inplace else "")


@settings(alpha=1.0, inplace=False)
class ELU(Simple):
    def forward(self, input):
        return F.elu(input, self.alpha, self.inplace)

    def extra_repr(self):
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


@settings(alpha=1.0, inplace=False)
class CELU(ELU):
    def forward(self, input):
        return F.celu(input, self.alpha, self.inplace)


@settings(lower=1.0 / 8, upper=1.0 / 3, inplace=False)
class RReLU(Simple):
    _silent = ("inplace",)

    def forward(self, input):
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)


@settings(beta=1.0, threshold=20.0)
class Softplus(Simple):
    def forward(self, input):
        return F.softplus(input, self.beta, self.threshold)


@settings(lambd=0.5)
class Softshrink(Simple):
    def forward(self, input):
        return F.softshrink(input, self.lambd)

    def extra_repr(self):
        return str(self.lambd)


@settings(lambd=0.5)
class Hardshrink(Simple):
    def forward(self, input):
        return F.hardshrink(input, self.lambd)

    def extra_repr(self):
        return str(self.lambd)


@settings(approximate="none")
class GELU(Simple):
    def forward(self, input):
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self):
        return f"approximate={self.approximate!r}"


class PReLU(Module):
    def __init__(self, num_parameters=1, init=0.25, device=None, dtype=None):
        super().__init__()
        self.num_parameters = num_parameters
        self.weight = Parameter(_factories.empty(num_parameters, dtype=dtype))

    def __opcount_describe__(self):
        return {"num_parameters": self.num_parameters}

    def forward(self, input):
        return F.prelu(input, self.weight)

    def extra_repr(self):
        return f"num_parameters={self.num_parameters}"


@settings(dim=-1)
class GLU(Simple):
    def forward(self, input):
        return F.glu(input, self.dim)


@settings(dim=None)
class Softmax(Simple):
    def forward(self, input):
        return F.softmax(input, self.dim, _stacklevel=5)


@settings(dim=None)
class LogSoftmax(Simple):
    def forward(self, input):
        return F.log_softmax(input, self.dim, _stacklevel=5)


@settings(dim=None)
class Softmin(Simple):
    def forward(self, input):
        return F.softmin(input, self.dim, _stacklevel=5)


class Softmax2d(Module):
    def forward(self, input):
        return F.softmax(input, -3, _stacklevel=5)


class MultiheadAttention(Module):
    """The projections as one packed weight where all widths are equal, as separate ones otherwise."""

    batch_first = False

    def __init__(
        self,
        embed_dim,
        num_heads,
        dropout=0.0,
        bias=True,
        add_bias_kv=False,
        add_zero_attn=False,
        kdim=None,
        vdim=None,
        batch_first=False,
        device=None,
        dtype=None,
    ):
        super().__init__()
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(f"embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and num_heads={num_heads} instead")
        self.embed_dim = embed_dim
        self.kdim = kdim if kdim is not None else embed_dim
        self.vdim = vdim if vdim is not None else embed_dim
        self._qkv_same_embed_dim = self.kdim == embed_dim and self.vdim == embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.head_dim = embed_dim // num_heads
        assert self.head_dim * num_heads == embed_dim, "embed_dim must be divisible by num_heads"
        if self._qkv_same_embed_dim:
            self.in_proj_weight = Parameter(_factories.empty(3 * embed_dim, embed_dim))
            self.register_parameter("q_proj_weight", None)
            self.register_parameter("k_proj_weight", None)
            self.register_parameter("v_proj_weight", None)
        else:
            self.q_proj_weight = Parameter(_factories.empty(embed_dim, embed_dim))
            self.k_proj_weight = Parameter(_factories.empty(embed_dim, self.kdim))
            self.v_proj_weight = Parameter(_factories.empty(embed_dim, self.vdim))
            self.register_parameter("in_proj_weight", None)
        if bias:
            self.in_proj_bias = Parameter(_factories.empty(3 * embed_dim))
        else:
            self.register_parameter("in_proj_bias", None)
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias=bias)
        if add_bias_kv:
            self.bias_k = Parameter(_factories.empty(1, 1, embed_dim))
            self.bias_v = Parameter(_factories.empty(1, 1, embed_dim))
        else:
            self.bias_k = self.bias_v = None
        self.add_zero_attn = add_zero_attn

    def _reset_parameters(self):
        return None

    def __opcount_describe__(self):
        return {n: getattr(self, n) for n in ("embed_dim", "num_heads", "kdim", "vdim", "batch_first")}

    def forward(
        self, query, key, value, key_padding_mask=None, need_weights=True, attn_mask=None, average_attn_weights=True, is_causal=False
    ):
        return F.attend(self, query, key, value, key_padding_mask, need_weights, attn_mask, average_attn_weights, is_causal)

    def merge_masks(self, attn_mask, key_padding_mask, query):
        return attn_mask if attn_mask is not None else key_padding_mask, None
