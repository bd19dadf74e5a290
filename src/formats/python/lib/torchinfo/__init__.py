"""torchinfo's summary, with its own numbers."""

from _opcount import recorder, tools

__version__ = "1.8.0"


class ModelStatistics:
    def __init__(self, model, args, kwargs, depth, result, sizes, outputs):
        self._model, self._depth, self._sizes, self._outputs = model, depth, sizes, outputs
        self.total_mult_adds = result["counts"]["mult_adds"]
        self.total_params = tools.parameters(model)
        self.trainable_params = tools.parameters(model, trainable=True)
        self.total_input = sum(t.numel() * t.element_size() for t in recorder.tensors_in((args, kwargs)))
        self.total_param_bytes = sum(p.numel() * p.element_size() for p in model.parameters())
        self.total_output_bytes = sizes["activations"]

    @staticmethod
    def to_megabytes(n):
        return n / 1e6

    @staticmethod
    def to_readable(n, units=None):
        if n >= 1e12:
            return "TERABYTES", n / 1e12
        if n >= 1e9:
            return "GIGABYTES", n / 1e9
        if n >= 1e6:
            return "MEGABYTES", n / 1e6
        return "KILOBYTES", n / 1e3

    def _rows(self):
        rows, counters, seen = [], {}, set()

        def visit(module, name, depth):
            if depth > self._depth:
                return
            counters[depth] = counters.get(depth, 0) + (1 if depth else 0)
            for deeper in [d for d in counters if d > depth + 1]:
                counters.pop(deeper)
            label = type(module).__name__ + (f": {depth}-{counters[depth]}" if depth else "")
            inside = list(module.named_children())
            own = tools.parameters(module)
            count = "(recursive)" if id(module) in seen and own else f"{own:,}" if own and not inside else "--"
            seen.add(id(module))
            shape = self._outputs.get(id(module))
            rows.append((depth, label, str(list(shape)) if shape is not None else "--", count))
            for child_name, child in inside:
                visit(child, child_name, depth + 1)

        visit(self._model, "", 0)
        return rows

    def __str__(self):
        names = [("│    " * (d - 1) + "├─" if d else "") + label for d, label, _, _ in self._rows()]
        rows = [(n, s, c) for n, (_, _, s, c) in zip(names, self._rows())]
        width = max([40, *(len(n) + 1 for n, _, _ in rows)])
        line = "=" * (width + 50)
        unit, scaled = self.to_readable(self.total_mult_adds)
        out = [line, f"{'Layer (type:depth-idx)':<{width}} {'Output Shape':<24} {'Param #':<15}", line]
        out += [f"{n:<{width}} {s:<24} {c:<15}".rstrip() for n, s, c in rows]
        total = self.total_input + self.total_output_bytes + self.total_param_bytes
        out += [
            line,
            f"Total params: {self.total_params:,}",
            f"Trainable params: {self.trainable_params:,}",
            f"Non-trainable params: {self.total_params - self.trainable_params:,}",
            f"Total mult-adds (Units.{unit}): {scaled:0.2f}",
            line,
            f"Input size (MB): {self.to_megabytes(self.total_input):0.2f}",
            f"Forward/backward pass size (MB): {self.to_megabytes(self.total_output_bytes):0.2f}",
            f"Params size (MB): {self.to_megabytes(self.total_param_bytes):0.2f}",
            f"Estimated Total Size (MB): {self.to_megabytes(total):0.2f}",
            line,
        ]
        return "\n".join(out)

    __repr__ = __str__


def summary(model, input_size=None, input_data=None, batch_dim=None, cache_forward_pass=None, col_names=None, col_width=25, depth=3, device=None, dtypes=None, mode=None, row_settings=None, verbose=None, **kwargs):
    import torch

    if input_data is not None:
        args, named = ((), input_data) if isinstance(input_data, dict) else (tuple(input_data) if isinstance(input_data, (tuple, list)) else (input_data,), {})
    else:
        sizes = [input_size] if isinstance(input_size[0], int) else list(input_size)
        if batch_dim is not None:
            sizes = [(*s[:batch_dim], 1, *s[batch_dim:]) for s in sizes]
        kinds = dtypes or [torch.float32] * len(sizes)
        args, named = tuple(torch.empty(*s, dtype=d) for s, d in zip(sizes, kinds)), {}
    outputs, activations = {}, [0]

    def hook(module, _args, out):
        tensors = recorder.tensors_in(out)
        if tensors:
            outputs[id(module)] = tensors[0].shape
            if not list(module.children()) and tools.parameters(module):
                activations[0] += sum(2 * t.numel() * t.element_size() for t in tensors[:1])

    handles = [m.register_forward_hook(hook) for m in model.modules()]
    ledger, _ = tools.run(model, args, {**named, **kwargs})
    for handle in handles:
        handle.remove()
    result = tools.ask(ledger, "torchinfo")
    told = ModelStatistics(model, args, named, depth, result, {"activations": activations[0]}, outputs)
    if verbose is None or verbose > 0:
        print(told)
    return told
