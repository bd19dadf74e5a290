"""fvcore's tables: modules with their parameters and counts."""

from .parameter_count import parameter_count, pipe_table

_NOTE = "N/A indicates a possibly missing statistic due to how the module was called. Missing values are still included in the parent's total.\n"


def _format_size(x, sig_figs=3, hide_zero=False):
    if hide_zero and x == 0:
        return ""
    fixed = lambda v: f"{v:.{sig_figs}f}".rstrip("0").rstrip(".")
    for least, size, unit in ((1e14, 1e15, "P"), (1e11, 1e12, "T"), (1e8, 1e9, "G"), (1e5, 1e6, "M"), (1e2, 1e3, "K")):
        if abs(x) > least:
            return fixed(x / size) + unit
    return str(x)


def flop_count_table(flops, max_depth=3, activations=None, show_param_shapes=True):
    counts = [("#flops", flops)] + ([("#activations", activations)] if activations is not None else [])
    params = parameter_count(flops._model)
    shapes = {n: tuple(p.shape) for n, p in flops._model.named_parameters()} if show_param_shapes else {}
    modules = dict(flops._model.named_modules())
    by = [analysis.by_module() for _, analysis in counts]
    uncalled = [analysis.uncalled_modules() for _, analysis in counts]
    rows = []

    def add(name, level):
        if level > max_depth:
            return
        if name in shapes:
            rows.append([" " * level + name, " " * level + str(shapes[name]), *("" for _ in counts)])
            return
        if not params.get(name) and not any(b[name] for b in by):
            return
        cells = ["N/A" if name in u else _format_size(b[name], hide_zero=True) for b, u in zip(by, uncalled)]
        pad = " " * level
        own = _format_size(params.get(name, 0), hide_zero=True)
        rows.append([pad + (name or "model"), *(pad + c if c else "" for c in (own, *cells))])
        members = modules[name]
        full = lambda n: f"{name}.{n}" if name else n
        for child, _ in members._parameters.items():
            if full(child) in shapes:
                add(full(child), level + 1)
        for child, _ in members.named_children():
            add(full(child), level + 1)

    add("", 0)
    return pipe_table(["module", "#parameters or shape" if show_param_shapes else "#parameters", *(n for n, _ in counts)], rows)


def flop_count_str(flops, activations=None):
    params, by = parameter_count(flops._model), flops.by_module()
    uncalled = flops.uncalled_modules()
    acts = activations.by_module() if activations is not None else None

    def told(name):
        parts = []
        if params.get(name):
            parts.append(f"#params: {_format_size(params[name])}")
        if by[name] or params.get(name):
            parts.append("#flops: N/A" if name in uncalled else f"#flops: {_format_size(by[name])}")
        if acts is not None and (acts[name] or params.get(name)):
            parts.append(f"#acts: {_format_size(acts[name])}")
        return ", ".join(parts)

    def tree(module, name):
        extra, own = module.extra_repr(), told(name)
        lines = [line for line in (extra, own) if line]
        for child, inside in module.named_children():
            lines.append(f"({child}): " + tree(inside, f"{name}.{child}" if name else child))
        kind = module._get_name()
        if not lines or (len(lines) == 1 and lines[0] == extra):
            return f"{kind}({extra})"
        body = "\n".join(lines).replace("\n", "\n  ")
        return f"{kind}(\n  {body}\n)"

    return (_NOTE if uncalled else "") + tree(flops._model, "")
