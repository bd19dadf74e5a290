"""Elements that convolutions and matrix products write."""

from ._analysis import Analysis
from .jit_handles import _size

_COUNTED = ("conv", "addmm", "bmm", "einsum", "matmul", "linear")


class ActivationCountAnalysis(Analysis):
    def _handled(self, seen, unseen):
        kept, left = super()._handled(seen, unseen)
        for row in kept:
            row.amount = _size(row.outputs[0]) if row.outputs else 0
        return [r for r in kept if r.op in _COUNTED], left

    def total(self, module_name=""):
        return self.by_module()[module_name]


def activation_count(model, inputs, supported_ops=None):
    counts = ActivationCountAnalysis(model, inputs)
    return {name: n / 1e6 for name, n in counts.by_operator().items()}, counts.unsupported_ops()
