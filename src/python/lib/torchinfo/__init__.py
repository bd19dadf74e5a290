"""torchinfo's summary, with its own numbers."""

from _opcount import recorder, runs, tools

from ._layout import Layout
from ._rows import Watch

__version__ = "1.8.0"


class ModelStatistics:
    def __init__(self, model, tensors, layout, rows, mult_adds):
        self._layout, self.summary_list = layout, rows
        self.total_mult_adds = mult_adds
        self.total_params = tools.parameters(model)
        self.trainable_params = tools.parameters(model, trainable=True)
        # With the list that holds them, as torchinfo has it.
        self.total_input = sum(t.numel() * t.element_size() for t in tensors) + 56 + 8 * len(tensors)
        self.total_param_bytes = sum(p.numel() * p.element_size() for p in model.parameters())
        # Forward and backward, of layers with parameters.
        self.total_output_bytes = sum(2 * r.bytes for r in rows if not r.inside and r.params)

    @staticmethod
    def to_megabytes(n):
        return n / 1e6

    @staticmethod
    def to_readable(n):
        for unit, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
            if n >= size:
                return unit, n / size
        return "", n

    def __str__(self):
        layout = self._layout
        width = layout.name_width(self.summary_list)
        line = "=" * (width + len(layout.columns) * layout.col_width)

        def amount(title, n, suffix=""):
            unit, scaled = self.to_readable(n)
            told = f"{scaled:,.0f}" if float(scaled).is_integer() else f"{scaled:,.2f}"
            return f"{title} ({unit}{suffix}): {told}" if unit else f"{title}: {told}"

        total = self.total_input + self.total_output_bytes + self.total_param_bytes
        out = [line, layout.line(layout.title(), layout.headers(), width), line, *layout.lines(self.summary_list, self.total_params, width)]
        out += [
            line,
            f"Total params: {self.total_params:,}",
            f"Trainable params: {self.trainable_params:,}",
            f"Non-trainable params: {self.total_params - self.trainable_params:,}",
            amount("Total mult-adds", self.total_mult_adds),
            line,
            amount("Input size", self.total_input, "B"),
            amount("Forward/backward pass size", self.total_output_bytes, "B"),
            amount("Params size", self.total_param_bytes, "B"),
            amount("Estimated Total Size", total, "B"),
            line,
        ]
        return "\n".join(out)

    __repr__ = __str__


def summary(
    model,
    input_size=None,
    input_data=None,
    batch_dim=None,
    cache_forward_pass=None,
    col_names=None,
    col_width=25,
    depth=3,
    device=None,
    dtypes=None,
    mode=None,
    row_settings=None,
    verbose=None,
    **kwargs,
):
    import torch

    if verbose not in (None, 0, 1):
        raise NotImplementedError(f"torchinfo: verbose={verbose} is not served by opcount; 0 and 1 are")
    if mode is not None and str(getattr(mode, "value", mode)) not in ("eval", "train", "same"):
        raise RuntimeError(f"Specified model mode ({[mode]}) not recognized")
    layout = Layout(col_names, col_width, depth, row_settings)
    if input_data is not None:
        args, named = (
            ((), input_data)
            if isinstance(input_data, dict)
            else (tuple(input_data) if isinstance(input_data, (tuple, list)) else (input_data,), {})
        )
    elif input_size is not None:
        sizes = [input_size] if isinstance(input_size[0], int) else list(input_size)
        if batch_dim is not None:
            sizes = [(*s[:batch_dim], 1, *s[batch_dim:]) for s in sizes]
        kinds = dtypes or [torch.float32] * len(sizes)
        args, named = tuple(torch.empty(*s, dtype=d) for s, d in zip(sizes, kinds)), {}
    else:
        raise NotImplementedError("torchinfo: a summary without input_size or input_data is not served by opcount")
    train = {"train": True, "same": None}.get(str(getattr(mode, "value", mode)), False)
    watch = Watch(model)
    try:
        ledger = runs.record(model, args, {**named, **kwargs}, train=train)
    finally:
        watch.close()
    result = tools.ask(ledger, "torchinfo")
    rows = watch.finish({path: row.get("mult_adds", 0) for path, row in result["layers"].items()})
    told = ModelStatistics(model, recorder.tensors_in((args, named)), layout, rows, result["counts"]["mult_adds"])
    if verbose is None or verbose > 0:
        print(told)
    return told
