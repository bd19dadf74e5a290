"""ptflops's function, with its own numbers."""

import sys

from _opcount import tools

__version__ = "0.7.5"


def get_model_complexity_info(
    model,
    input_res,
    print_per_layer_stat=True,
    as_strings=True,
    input_constructor=None,
    ost=sys.stdout,
    verbose=False,
    ignore_modules=(),
    custom_modules_hooks=None,
    backend="pytorch",
    flops_units=None,
    param_units=None,
    output_precision=2,
    extra_config=None,
):
    assert type(input_res) is tuple and len(input_res) >= 1
    if input_constructor:
        given = input_constructor(input_res)
        args, kwargs = ((), given) if isinstance(given, dict) else (given if isinstance(given, tuple) else (given,), {})
    else:
        args, kwargs = (tools.random_input(input_res),), {}
    custom = {k: _counted(f) for k, f in (custom_modules_hooks or {}).items()} or None
    convention = "ptflops-aten" if str(backend).lower().endswith("aten") else "ptflops"
    result = tools.measure(model, args, kwargs, convention=convention, custom=custom)
    macs, params = result["counts"]["macs"], result["params"]
    if print_per_layer_stat:
        _print_layers(model, result, macs, params, ost, flops_units, param_units, output_precision)
    if not as_strings:
        return macs, params
    return flops_to_string(macs, flops_units, output_precision), params_to_string(params, param_units, output_precision)


def _counted(rule):
    """ptflops's hooks count in `__flops__`."""

    def count(module, args, out):
        object.__setattr__(module, "__flops__", 0)
        rule(module, args, out)
        module.total_ops = module.total_ops + module.__dict__.pop("__flops__")

    return count


def _print_layers(model, result, macs, params, ost, flops_units, param_units, precision):
    layers = result["layers"]

    def below(path):
        inside = [row["macs"] for p, row in layers.items() if p == path or path == "" or p.startswith(path + ".")]
        return sum(inside)

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
