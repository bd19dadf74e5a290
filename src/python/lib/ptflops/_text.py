"""Numbers with units, and the model with them."""

from _opcount import tools


def print_layers(model, layers, macs, params, ost, flops_units, param_units, precision):
    """The model with the shares of its layers; what functions do is in the total alone."""

    def work(module, path):
        row = layers.get(path) if path else None
        return row["macs"] if row is not None else sum(work(m, f"{path}.{name}" if path else name) for name, m in module.named_children())

    def describe(module, path):
        mine = tools.parameters(module, trainable=True)
        n = float(work(module, path))
        told = ", ".join(
            (
                params_to_string(mine, param_units, precision),
                f"{100 * mine / max(params, 1):.3f}% Params",
                flops_to_string(n, flops_units, precision),
                f"{100 * n / max(macs, 1):.3f}% MACs",
                module.extra_repr(),
            )
        )
        inside = [f"({name}): " + describe(m, f"{path}.{name}" if path else name) for name, m in module.named_children()]
        name = type(module).__name__
        if not inside:
            return f"{name}({told})"
        return f"{name}(\n  {told}\n  " + "\n  ".join(i.replace("\n", "\n  ") for i in inside) + "\n)"

    print(describe(model, ""), file=ost)


# The names of a trace's operators at ATen's dispatcher.
_DISPATCHED = {"_convolution": "convolution", "linear": "addmm"}


def print_operators(rows, macs, ost, flops_units, precision):
    """The work of each operator in the whole model and in each of its first children, in the order in which they run."""
    counts = {"Global": {}}
    for row in rows:
        name = "aten." + _DISPATCHED.get(row.op, row.op)
        for place in ("Global", *dict.fromkeys(p for p in row.paths if p and "." not in p)):
            found = counts.setdefault(place, {})
            found[name] = found.get(name, 0) + row.amount
    print("Total:" + flops_to_string(macs, flops_units, precision), file=ost)
    for place, found in counts.items():
        print("Module: ", place, file=ost)
        for name, n in found.items():
            print(f"{name}: " + flops_to_string(n, flops_units, precision), file=ost)
        print(file=ost)


def flops_to_string(flops, units=None, precision=2):
    if units is None:
        units = "GMac" if flops // 10**9 > 0 else "MMac" if flops // 10**6 > 0 else "KMac" if flops // 10**3 > 0 else "Mac"
    size = {"GMac": 1e9, "MMac": 1e6, "KMac": 1e3}.get(units)
    return f"{round(flops / size, precision)} {units}" if size else f"{flops} Mac"


def params_to_string(params, units=None, precision=2):
    if units is None:
        units = "M" if params // 10**6 > 0 else "k" if params // 10**3 else ""
    size = {"M": 1e6, "K": 1e3, "k": 1e3, "B": 1e9}.get(units)
    return f"{round(params / size, precision)} {units}" if size else str(params)
