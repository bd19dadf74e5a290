"""Recurrent layers."""

import numbers

from ... import _factories
from ..._dispatch import apply
from ..parameter import Parameter
from ..utils.rnn import PackedSequence
from .module import Module

GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


class RNNBase(Module):
    _kind = None

    def __init__(
        self,
        mode,
        input_size,
        hidden_size,
        num_layers=1,
        bias=True,
        batch_first=False,
        dropout=0.0,
        bidirectional=False,
        proj_size=0,
        device=None,
        dtype=None,
    ):
        super().__init__()
        if not isinstance(dropout, numbers.Number) or not 0 <= dropout <= 1:
            raise ValueError("dropout should be a number in range [0, 1] representing the probability of an element being zeroed")
        if not isinstance(hidden_size, int):
            raise TypeError(f"hidden_size should be of type int, got: {type(hidden_size).__name__}")
        if hidden_size <= 0:
            raise ValueError("hidden_size must be greater than zero")
        if num_layers <= 0:
            raise ValueError("num_layers must be greater than zero")
        if proj_size < 0 or (proj_size and proj_size >= hidden_size):
            raise ValueError("proj_size has to be a positive integer, smaller than hidden_size, or zero to disable projections")
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        directions = 2 if bidirectional else 1
        gates = GATES[mode.split("_")[0]] * hidden_size
        state = proj_size or hidden_size
        self._flat_names = []
        for layer in range(num_layers):
            for direction in range(directions):
                suffix = f"_l{layer}" + ("_reverse" if direction else "")
                width = input_size if layer == 0 else state * directions
                shapes = {"weight_ih": (gates, width), "weight_hh": (gates, state)}
                if bias:
                    shapes |= {"bias_ih": (gates,), "bias_hh": (gates,)}
                if proj_size:
                    shapes["weight_hr"] = (proj_size, hidden_size)
                for name, shape in shapes.items():
                    setattr(self, name + suffix, Parameter(_factories.empty(*shape, dtype=dtype)))
                    self._flat_names.append(name + suffix)

    @property
    def _flat_weights(self):
        return [getattr(self, n) for n in self._flat_names]

    @property
    def all_weights(self):
        per = (4 if self.bias else 2) + (1 if self.proj_size else 0)
        flat = self._flat_weights
        return [flat[i : i + per] for i in range(0, len(flat), per)]

    def flatten_parameters(self):
        return None

    def reset_parameters(self):
        return None

    def __opcount_describe__(self):
        names = ("input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "bidirectional", "proj_size")
        return {n: getattr(self, n) for n in names} | {"nonlinearity": getattr(self, "nonlinearity", "tanh")}

    def _state(self, sequence, hx, size):
        if hx is not None:
            return hx
        if isinstance(sequence, PackedSequence):
            batch = (sequence._whole[0] if sequence._whole else int(sequence.batch_sizes[0]),)
            sequence = sequence.data
        else:
            batch = () if sequence.dim() == 2 else (sequence.shape[0 if self.batch_first else 1],)
        return _factories.local((self.num_layers * (2 if self.bidirectional else 1), *batch, size), sequence.dtype)

    def extra_repr(self):
        s = f"{self.input_size}, {self.hidden_size}"
        if self.proj_size:
            s += f", proj_size={self.proj_size}"
        if self.num_layers != 1:
            s += f", num_layers={self.num_layers}"
        if self.bias is not True:
            s += f", bias={self.bias}"
        if self.batch_first is not False:
            s += f", batch_first={self.batch_first}"
        if self.dropout != 0:
            s += f", dropout={self.dropout}"
        if self.bidirectional is not False:
            s += f", bidirectional={self.bidirectional}"
        return s

    def _run(self, name, input, hx):
        """The whole sequence as one operator; a packed one by the rows that it has."""
        packed = input if isinstance(input, PackedSequence) else None
        rows = packed.data if packed is not None else input
        self._check(rows, packed is not None)
        settings = (self.bias, self.num_layers, self.dropout, self.training, self.bidirectional)
        if packed is not None:
            out = apply(name, (rows, packed.batch_sizes, hx, self._flat_weights, *settings), None, "torch." + name)
            return (packed._with(out[0]), *out[1:])
        return apply(name, (input, hx, self._flat_weights, *settings, self.batch_first and input.dim() == 3), None, "torch." + name)

    def _check(self, input, packed):
        if input.dim() not in ((2,) if packed else (2, 3)):
            raise ValueError(f"{self._get_name()}: Expected input to be 2D or 3D, got {input.dim()}D tensor instead")
        if input.shape[-1] != self.input_size:
            raise RuntimeError(f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.shape[-1]}")


class RNN(RNNBase):
    def __init__(
        self,
        input_size,
        hidden_size,
        num_layers=1,
        nonlinearity="tanh",
        bias=True,
        batch_first=False,
        dropout=0.0,
        bidirectional=False,
        device=None,
        dtype=None,
    ):
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        self_nonlinearity = nonlinearity
        super().__init__("RNN_" + nonlinearity.upper(), input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional)
        self.nonlinearity = self_nonlinearity

    def forward(self, input, hx=None):
        return self._run("rnn_" + self.nonlinearity, input, self._state(input, hx, self.hidden_size))


class GRU(RNNBase):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0, bidirectional=False, device=None, dtype=None
    ):
        super().__init__("GRU", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional)

    def forward(self, input, hx=None):
        return self._run("gru", input, self._state(input, hx, self.hidden_size))


class LSTM(RNNBase):
    def __init__(
        self,
        input_size,
        hidden_size,
        num_layers=1,
        bias=True,
        batch_first=False,
        dropout=0.0,
        bidirectional=False,
        proj_size=0,
        device=None,
        dtype=None,
    ):
        super().__init__("LSTM", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size)

    def forward(self, input, hx=None):
        if hx is None:
            hx = (self._state(input, None, self.proj_size or self.hidden_size), self._state(input, None, self.hidden_size))
        out, h, c = self._run("lstm", input, list(hx))
        return out, (h, c)


class RNNCellBase(Module):
    def __init__(self, input_size, hidden_size, bias, num_chunks, device=None, dtype=None):
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        self.weight_ih = Parameter(_factories.empty(num_chunks * hidden_size, input_size, dtype=dtype))
        self.weight_hh = Parameter(_factories.empty(num_chunks * hidden_size, hidden_size, dtype=dtype))
        if bias:
            self.bias_ih = Parameter(_factories.empty(num_chunks * hidden_size, dtype=dtype))
            self.bias_hh = Parameter(_factories.empty(num_chunks * hidden_size, dtype=dtype))
        else:
            self.register_parameter("bias_ih", None)
            self.register_parameter("bias_hh", None)

    def __opcount_describe__(self):
        return {n: getattr(self, n) for n in ("input_size", "hidden_size", "bias")}

    def _hidden(self, input, hx):
        return hx if hx is not None else _factories.local((*input.shape[:-1], self.hidden_size), input.dtype)

    def _weights(self):
        return self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh

    def extra_repr(self):
        s = f"{self.input_size}, {self.hidden_size}"
        return s if self.bias else s + f", bias={self.bias}"


class RNNCell(RNNCellBase):
    def __init__(self, input_size, hidden_size, bias=True, nonlinearity="tanh", device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 1)
        self.nonlinearity = nonlinearity

    def forward(self, input, hx=None):
        name = f"rnn_{self.nonlinearity}_cell"
        return apply(name, (input, self._hidden(input, hx), *self._weights()), None, "torch." + name)


class GRUCell(RNNCellBase):
    def __init__(self, input_size, hidden_size, bias=True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 3)

    def forward(self, input, hx=None):
        return apply("gru_cell", (input, self._hidden(input, hx), *self._weights()), None, "torch.gru_cell")


class LSTMCell(RNNCellBase):
    def __init__(self, input_size, hidden_size, bias=True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 4)

    def forward(self, input, hx=None):
        state = list(hx) if hx is not None else [self._hidden(input, None), self._hidden(input, None)]
        return apply("lstm_cell", (input, state, *self._weights()), None, "torch.lstm_cell")
