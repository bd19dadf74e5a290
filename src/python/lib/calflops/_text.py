"""The text of calflops: the sums, and the model with the shares of its layers."""

from _opcount import tools

_NOTATIONS = """Notations:
number of parameters (Params), number of multiply-accumulate operations(MACs),
number of floating-point operations (FLOPs), floating-point operations per second (FLOPS),
fwd FLOPs (model forward propagation FLOPs), bwd FLOPs (model backward propagation FLOPs),
default model backpropagation takes {:.2f} times as much computation as forward propagation.
"""
_ORDER = """Each module caculated is listed after its name in the following order: 
params, percentage of total params, MACs, percentage of total MACs, FLOPS, percentage of total FLOPs
"""
_NOTE = """Note: 1. A module can have torch.nn.module or torch.nn.functional to compute logits (e.g. CrossEntropyLoss). 
 They are not counted as submodules in calflops and not to be printed out. However they make up the difference between a parent's MACs and the sum of its submodules'.
2. Number of floating-point operations is a theoretical estimation, thus FLOPS computed using that could be larger than the maximum system throughput.
"""


def print_results_of(model, result, factor, units, precision, detailed):
    macs, flops = result["counts"]["macs"], result["counts"]["flops"]
    params = tools.parameters(model, trainable=True)
    print(f"\n{'-' * 37} Calculate Flops Results {'-' * 37}")
    print(_NOTATIONS.format(factor))
    line = lambda name, value: print(f"{name:<70}  {value:<8}")
    line("Total Training Params: ", to_string(params).strip())
    for name, times in (("fwd", 1), ("fwd+bwd", 1 + factor)):
        line(f"{name} MACs: ", to_string(macs * times, units, precision) + "MACs")
        line(f"{name} FLOPs: ", to_string(flops * times, units, precision) + "FLOPS")
    if detailed:
        print(f"\n{'-' * 32} Detailed Calculated FLOPs Results {'-' * 32}")
        print(_ORDER)
        print(_NOTE)
        print(_tree(model, "", result["layers"], (params, macs, flops), precision))
    print("-" * 99)


def _tree(module, path, layers, totals, precision):
    inside = [row for p, row in layers.items() if path == "" or p == path or p.startswith(path + ".")]
    params, macs, flops = tools.parameters(module, trainable=True), *(sum(r.get(k, 0) for r in inside) for k in ("macs", "flops"))
    share = lambda n, whole: f"{round(100 * n / whole, precision) if whole else 0:g}%"
    told = [
        f"{to_string(params).strip()} = {share(params, totals[0])} Params",
        f"{to_string(macs)}MACs = {share(macs, totals[1])} MACs",
        # Of the FLOPs, calflops states the share of the MACs.
        f"{to_string(flops)}FLOPS = {share(macs, totals[2])} FLOPs",
    ]
    own = module.extra_repr()
    text = ", ".join(told + ([own] if own else []))
    children = [
        f"({name}): " + _tree(m, f"{path}.{name}" if path else name, layers, totals, precision) for name, m in module.named_children()
    ]
    if not children:
        return f"{type(module).__name__}({text})"
    return f"{type(module).__name__}(\n  {text}\n  " + "\n  ".join(c.replace("\n", "\n  ") for c in children) + "\n)"


def to_string(n, units=None, precision=2):
    if units is None:
        units = next((u for u, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("K", 1e3)) if n >= size), "")
    size = {"T": 1e12, "G": 1e9, "M": 1e6, "K": 1e3, "m": 1e-3, "u": 1e-6}.get(units, 1)
    return f"{round(n / size, precision):g} {units}"
