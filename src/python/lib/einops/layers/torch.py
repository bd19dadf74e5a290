"""Patterns as layers of PyTorch, and EinMix: a weight over named axes."""

from torch import nn
import torch

from .._errors import EinopsError
from .._patterns import sides
from .._rearranging import rearrange, reduce


class Rearrange(nn.Module):
    def __init__(self, pattern, **axes_lengths):
        super().__init__()
        self.pattern, self.axes_lengths = pattern, axes_lengths

    def forward(self, input):
        return rearrange(input, self.pattern, **self.axes_lengths)

    def extra_repr(self):
        return ", ".join([repr(self.pattern), *(f"{k}={v}" for k, v in self.axes_lengths.items())])


class Reduce(nn.Module):
    def __init__(self, pattern, reduction, **axes_lengths):
        super().__init__()
        self.pattern, self.reduction, self.axes_lengths = pattern, reduction, axes_lengths

    def forward(self, input):
        return reduce(input, self.pattern, self.reduction, **self.axes_lengths)

    def extra_repr(self):
        return ", ".join([repr(self.pattern), repr(self.reduction), *(f"{k}={v}" for k, v in self.axes_lengths.items())])


class EinMix(nn.Module):
    """Sums products with a learnt weight over the axes that the weight names and the result does not."""

    def __init__(self, pattern, weight_shape, bias_shape=None, **axes_lengths):
        super().__init__()
        left, right = sides(pattern)
        weight_axes, bias_axes = weight_shape.split(), (bias_shape or "").split()
        names = [n for g in left for n in g]
        out = [n for g in right for n in g]
        missing = [n for n in {*weight_axes, *bias_axes} if n not in axes_lengths]
        if missing:
            raise EinopsError(f"sizes of {missing} are not given")
        self.pattern, self.weight_shape, self.bias_shape, self.axes_lengths = pattern, weight_shape, bias_shape, axes_lengths
        self.weight = nn.Parameter(torch.empty([axes_lengths[n] for n in weight_axes]))
        letters = {n: chr(97 + i) for i, n in enumerate(dict.fromkeys([*names, *weight_axes, *out]))}
        spell = lambda axes: "".join(letters[n] for n in axes)
        self._equation = f"{spell(names)},{spell(weight_axes)}->{spell(out)}"
        self._before = None if all(len(g) == 1 for g in left) else (pattern.split("->")[0] + "-> " + " ".join(names))
        self._after = None if all(len(g) == 1 for g in right) else " ".join(out) + " -> " + pattern.split("->")[1]
        self._known = lambda text: {k: v for k, v in axes_lengths.items() if k in text.replace("(", " ").replace(")", " ").split()}
        if bias_axes:
            self.bias = nn.Parameter(torch.empty([axes_lengths[n] if n in bias_axes else 1 for n in out]))
        else:
            self.bias = None

    def forward(self, input):
        if self._before is not None:
            input = rearrange(input, self._before, **self._known(self._before))
        out = torch.einsum(self._equation, input, self.weight)
        if self.bias is not None:
            out = out + self.bias
        return out if self._after is None else rearrange(out, self._after, **self._known(self._after))
