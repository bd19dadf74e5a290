"""calflops's function, with its own numbers."""

from _opcount import tools

__version__ = "0.3.2"


def calculate_flops(
    model,
    input_shape=None,
    transformer_tokenizer=None,
    args=(),
    kwargs=None,
    forward_mode="forward",
    include_backPropagation=False,
    compute_bp_factor=2.0,
    print_results=True,
    print_detailed=True,
    output_as_string=True,
    output_precision=2,
    output_unit=None,
    ignore_modules=None,
    is_sparse=False,
):
    assert transformer_tokenizer is None, "a tokenizer makes data: give the shapes of the inputs with args or kwargs"
    if input_shape is not None:
        assert type(input_shape) is tuple and len(input_shape) >= 1
        args = (tools.random_input(input_shape[1:], input_shape[0]),)
    result = tools.measure(model, args, kwargs, convention="calflops")
    flops, macs, params = result["counts"]["flops"], result["counts"]["macs"], result["params"]
    if include_backPropagation:
        flops, macs = flops * (1 + compute_bp_factor), macs * (1 + compute_bp_factor)
    told = (
        to_string(flops, output_unit, output_precision) + "FLOPS",
        to_string(macs, output_unit, output_precision) + "MACs",
        to_string(params, output_unit, output_precision).rstrip(),
    )
    if print_results:
        line = "-" * 37
        print(f"\n{line} Calculate Flops Results {line}")
        for name, value in zip(("Total Training Params:", "fwd MACs:", "fwd FLOPs:"), (told[2], told[1], told[0])):
            print(f"{name:<60}  {value:<8}")
        print("-" * 99)
    return told if output_as_string else (flops, macs, params)


def to_string(n, units=None, precision=2):
    if units is None:
        units = next((u for u, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("K", 1e3)) if n >= size), "")
    size = {"T": 1e12, "G": 1e9, "M": 1e6, "K": 1e3, "m": 1e-3, "u": 1e-6}.get(units, 1)
    return f"{round(n / size, precision):g} {units}"


flops_to_string = macs_to_string = params_to_string = number_to_string = to_string
