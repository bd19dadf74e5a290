"""Numbers with units, and the model with them."""

from _opcount import tools


def print_layers(model, layers, macs, params, ost, flops_units, param_units, precision):
    def below(path):
        return sum(row["macs"] for p, row in layers.items() if p == path or path == "" or p.startswith(path + "."))

    def describe(module, path):
        mine = tools.parameters(module, trainable=True)
        n = macs if path == "" else below(path)
        told = ", ".join(
            (
                params_to_string(mine, param_units, precision),
                f"{100 * mine / params if params else 0:.3f}% Params",
                flops_to_string(n, flops_units, precision),
                f"{100 * n / macs if macs else 0:.3f}% MACs",
            )
        )
        own = module.extra_repr()
        inside = [f"({name}): " + describe(m, f"{path}.{name}" if path else name) for name, m in module.named_children()]
        name = type(module).__name__
        text = told + (", " + own if own else "")
        if not inside:
            return f"{name}({text})"
        return f"{name}(\n  {text}\n  " + "\n  ".join(i.replace("\n", "\n  ") for i in inside) + "\n)"

    print(describe(model, ""), file=ost)


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
