"""fvcore's analysis, with its own numbers."""

from collections import Counter

from _opcount import tools


class FlopCountAnalysis:
    def __init__(self, model, inputs):
        self._model = model
        self._inputs = inputs if isinstance(inputs, tuple) else (inputs,)
        self._result = None

    def _measured(self):
        if self._result is None:
            self._result = tools.measure(self._model, self._inputs, convention="fvcore")
        return self._result

    def total(self, module_name=""):
        return self.by_module()[module_name]

    def by_module(self):
        result = self._measured()
        out = Counter({"": result["counts"]["flops"]})
        for name, _ in self._model.named_modules():
            if name:
                out[name] = sum(r["flops"] for p, r in result["layers"].items() if p == name or p.startswith(name + "."))
        return out

    def by_operator(self, module_name=""):
        return Counter(self._measured().get("operators", {}))

    def unsupported_ops(self, module_name=""):
        return Counter(self._measured().get("unsupported", {}))

    def unsupported_ops_warnings(self, enabled):
        return self

    uncalled_modules_warnings = tracer_warnings = set_op_handle = unsupported_ops_warnings

    def uncalled_modules(self):
        return set()

    def ancestor_mode(self, mode):
        return self


def flop_count(model, inputs, supported_ops=None):
    flops = FlopCountAnalysis(model, inputs)
    return {"total": flops.total() / 1e9}, flops.unsupported_ops()


def parameter_count(model):
    out = Counter()
    for name, param in model.named_parameters():
        parts = name.split(".")
        for i in range(len(parts) + 1):
            out[".".join(parts[:i])] += param.numel()
    return out


def _short(n):
    for unit, size in (("G", 1e9), ("M", 1e6), ("K", 1e3)):
        if n >= size:
            return f"{n / size:.3f}{unit}"
    return str(n)


def flop_count_table(flops, max_depth=3, activations=None, show_param_shapes=True):
    by, params = flops.by_module(), parameter_count(flops._model)
    rows = [("module", "#parameters or shape", "#flops")]
    for name, _ in flops._model.named_modules():
        depth = name.count(".") + 1 if name else 0
        if depth < max_depth:
            rows.append((" " * depth + (name or "model"), _short(params[name]), _short(by[name])))
    widths = [max(len(r[i]) for r in rows) for i in range(3)]
    lines = ["| " + " | ".join(c.ljust(w) for c, w in zip(r, widths)) + " |" for r in rows]
    return "\n".join([lines[0], "|" + "|".join(":" + "-" * (w + 1) for w in widths) + "|", *lines[1:]])


flop_count_str = flop_count_table


def parameter_count_table(model, max_depth=3):
    rows = [("name", "#elements or shape"), *((n or "model", _short(c)) for n, c in parameter_count(model).items() if n.count(".") < max_depth)]
    widths = [max(len(r[i]) for r in rows) for i in range(2)]
    return "\n".join("| " + " | ".join(c.ljust(w) for c, w in zip(r, widths)) + " |" for r in rows)
