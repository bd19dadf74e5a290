"""torchinfo's summary, with its own numbers."""

from _opcount import recorder, tools

__version__ = "1.8.0"


class ModelStatistics:
    def __init__(self, model, args, kwargs, depth, result, sizes, outputs):
        self._model, self._depth, self._sizes, self._outputs = model, depth, sizes, outputs
        self.total_mult_adds = result["counts"]["mult_adds"]
        self.total_params = tools.parameters(model)
        self.trainable_params = tools.parameters(model, trainable=True)
        tensors = recorder.tensors_in((args, kwargs))
        # With the list that holds them, as torchinfo has it.
        self.total_input = sum(t.numel() * t.element_size() for t in tensors) + 56 + 8 * len(tensors)
        self.total_param_bytes = sum(p.numel() * p.element_size() for p in model.parameters())
        self.total_output_bytes = sizes["activations"]

    @staticmethod
    def to_megabytes(n):
        return n / 1e6

    @staticmethod
    def to_readable(n):
        for unit, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
            if n >= size:
                return unit, n / size
        return "", n

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

        def amount(title, n, suffix=""):
            unit, scaled = self.to_readable(n)
            return f"{title} ({unit}{suffix}): {scaled:0.2f}"

        out = [line, f"{'Layer (type:depth-idx)':<{width}} {'Output Shape':<24} {'Param #':<15}", line]
        out += [f"{n:<{width}} {s:<24} {c:<15}".rstrip() for n, s, c in rows]
        total = self.total_input + self.total_output_bytes + self.total_param_bytes
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
    ledger, _ = tools.run(model, args, {**named, **kwargs})
    modules, outputs, activations = dict(model.named_modules()), {}, 0
    for call in tools.calls(ledger):
        module = modules[call["path"]]
        if call["outputs"]:
            outputs[id(module)] = call["outputs"][0]
            if not list(module.children()) and tools.parameters(module):
                activations += 2 * call["bytes"][0]  # forward and backward
    result = tools.ask(ledger, "torchinfo")
    told = ModelStatistics(model, args, named, depth, result, {"activations": activations}, outputs)
    if verbose is None or verbose > 0:
        print(told)
    return told
