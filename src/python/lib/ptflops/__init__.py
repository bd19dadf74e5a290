"""ptflops's function, with its own numbers and its own words."""

import sys

from _opcount import tools

from ._text import flops_to_string, params_to_string, print_layers, print_operators  # noqa: F401

__version__ = "0.7.5"
FLOPS_BACKEND = type("FLOPS_BACKEND", (), {"PYTORCH": "pytorch", "ATEN": "aten"})


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
    backend_specific_config=None,
    extra_config=None,
):
    assert type(input_res) is tuple and len(input_res) >= 1
    import torch.nn as nn

    assert isinstance(model, nn.Module)
    if str(backend) not in ("pytorch", "aten"):
        raise ValueError("Wrong backend name")
    settings = dict(backend_specific_config or extra_config or {})
    functional = settings.pop("count_functional", True)
    if settings:
        raise NotImplementedError(f"ptflops: the setting {next(iter(settings))!r} of backend_specific_config is not served by opcount")
    if input_constructor:
        given = input_constructor(input_res)
        args, kwargs = ((), given) if isinstance(given, dict) else (given if isinstance(given, tuple) else (given,), {})
    else:
        args, kwargs = (tools.random_input(input_res),), {}
    custom = {k: _counted(f) for k, f in (custom_modules_hooks or {}).items()}
    custom |= {k: _nothing for k in ignore_modules or ()}
    convention = "ptflops-aten" if str(backend) == "aten" else "ptflops"
    ledger, extra = tools.run(model, args, kwargs, custom or None)
    result = tools.ask(ledger, convention, extra)
    if not functional and convention == "ptflops":
        _without_functions(model, ledger, result)
    macs, params = result["counts"]["macs"], result["params"]
    if print_per_layer_stat and convention == "ptflops-aten":
        print_operators(tools.operators(ledger, convention)[0], macs, ost, flops_units, output_precision)
    elif print_per_layer_stat:
        print_layers(model, result["layers"], macs, params, ost, flops_units, param_units, output_precision)
    if not as_strings:
        return macs, params
    return flops_to_string(macs, flops_units, output_precision), params_to_string(params, param_units, output_precision)


def _without_functions(model, ledger, result):
    """The work of functions and methods of tensors, outside layers, is left out."""
    paths = {name for name, _ in model.named_modules()}
    seen, _ = tools.operators(ledger, "ptflops")
    for row in seen:
        if row.shown in paths and not _by_function(model, row):
            continue
        result["counts"]["macs"] -= row.amount
        layer = result["layers"].get(row.shown)
        if layer is not None:
            layer["macs"] -= row.amount


def _by_function(model, row):
    """Whether an amount that is shown at a module was counted for a function that the module calls."""
    module = dict(model.named_modules())[row.shown]
    return not type(module).__module__.startswith("torch.nn")


def _counted(rule):
    """ptflops's hooks count in `__flops__`."""

    def count(module, args, out):
        object.__setattr__(module, "__flops__", 0)
        rule(module, args, out)
        module.total_ops = module.total_ops + module.__dict__.pop("__flops__")

    return count


def _nothing(module, args, out):
    module.total_ops = module.total_ops + 0
