"""calflops's function, with its own numbers."""

from _opcount import tools

from ._text import print_results_of, to_string

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
    if print_results:
        print_results_of(model, result, compute_bp_factor, output_unit, output_precision, print_detailed)
    if include_backPropagation:
        flops, macs = flops * (1 + compute_bp_factor), macs * (1 + compute_bp_factor)
    if not output_as_string:
        return flops, macs, params
    return (
        to_string(flops, output_unit, output_precision) + "FLOPS",
        to_string(macs, output_unit, output_precision) + "MACs",
        to_string(params, output_unit, output_precision).rstrip(),
    )


flops_to_string = macs_to_string = params_to_string = number_to_string = to_string
