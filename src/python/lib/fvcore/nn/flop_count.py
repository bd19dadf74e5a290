"""Counts of multiply-accumulates, which fvcore calls flops."""

from ._analysis import Analysis


class FlopCountAnalysis(Analysis):
    pass


def flop_count(model, inputs, supported_ops=None):
    flops = FlopCountAnalysis(model, inputs)
    for name, handle in (supported_ops or {}).items():
        flops.set_op_handle(name, handle)
    missing = flops.unsupported_ops()
    return {name: n / 1e9 for name, n in flops.by_operator().items()}, missing
