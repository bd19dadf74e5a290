"""Rows and columns of torchinfo's table."""

import math

from _opcount import tools

HEADERS = {
    "kernel_size": "Kernel Shape",
    "groups": "Groups",
    "input_size": "Input Shape",
    "output_size": "Output Shape",
    "num_params": "Param #",
    "params_percent": "Param %",
    "mult_adds": "Mult-Adds",
    "trainable": "Trainable",
}
ROW_SETTINGS = ("ascii_only", "depth", "var_names", "hide_recursive_layers")


class Row:
    def __init__(self, level, name, cells):
        self.level, self.name, self.cells = level, name, cells


class Layout:
    """What the caller asked for: columns, their width, how deep, and how rows are named."""

    def __init__(self, columns, width, depth, settings):
        self.columns = [str(getattr(c, "value", c)) for c in (columns if columns is not None else ("output_size", "num_params"))]
        self.settings = {str(getattr(s, "value", s)) for s in (settings if settings is not None else ("depth",))}
        self.col_width, self.depth = width, depth
        for c in self.columns:
            if c not in HEADERS:
                raise ValueError(f"Column {c} is not a valid column name.")
        for s in self.settings:
            if s not in ROW_SETTINGS:
                raise ValueError(f"Row setting {s} is not a valid setting.")

    def title(self):
        name = "Layer (type"
        if "var_names" in self.settings:
            name += " (var_name)"
        return name + (":depth-idx)" if "depth" in self.settings else ")")

    def headers(self):
        return [HEADERS[c] for c in self.columns]

    def name(self, module, variable, level, index):
        text = type(module).__name__
        if "var_names" in self.settings and variable:
            text += f" ({variable})"
        return text + f": {level}-{index}" if "depth" in self.settings and level else text

    def indent(self, row):
        if not row.level:
            return row.name
        if "ascii_only" in self.settings:
            return "+ " + "    " * (row.level - 1) + row.name if row.level == 1 else "|    " * (row.level - 1) + "+ " + row.name
        return "│    " * (row.level - 1) + "├─" + row.name

    def name_width(self, rows):
        longest = max(len(r.name) + r.level * 5 + 1 for r in rows)
        return math.ceil(longest / 5) * 5 if longest >= 40 else 40

    def line(self, name, cells, width):
        return (f"{name:<{width}} " + "".join(f"{c:<{self.col_width}} " for c in cells)).rstrip()


def rows_of(model, layout, calls, macs, whole):
    rows, counters, seen = [], {}, set()

    def visit(module, path, variable, level):
        if level > layout.depth:
            return
        counters[level] = counters.get(level, 0) + (1 if level else 0)
        for deeper in [d for d in counters if d > level + 1]:
            counters.pop(deeper)
        again = id(module) in seen
        inside = list(module.named_children())
        if not (again and "hide_recursive_layers" in layout.settings):
            rows.append(Row(level, layout.name(module, variable, level, counters[level]), _cells(module, path, inside, again, calls, macs, whole)))
        seen.add(id(module))
        for name, child in inside:
            visit(child, f"{path}.{name}" if path else name, name, level + 1)

    visit(model, "", type(model).__name__, 0)
    return rows


def _cells(module, path, inside, again, calls, macs, whole):
    call = calls.get(path)
    own = tools.parameters(module)
    direct = sum(p.numel() for p in module._parameters.values() if p is not None)
    shown = own if not inside else direct
    params = "(recursive)" if again and own else f"{shown:,}" if shown else "--"
    share = "(recursive)" if again and own else f"{100 * shown / whole:.2f}%" if shown and whole else "--"
    size = lambda shapes: str(list(shapes[0])) if shapes and shapes[0] is not None else "--"
    kernel = getattr(module, "kernel_size", None)
    flags = {p.requires_grad for p in module.parameters()}
    work = macs.get(path, 0) if not inside else 0
    return {
        "kernel_size": str([kernel] if isinstance(kernel, int) else list(kernel)) if kernel is not None else "--",
        "groups": str(module.groups) if isinstance(getattr(module, "groups", None), int) else "--",
        "input_size": size(call["inputs"]) if call else "--",
        "output_size": size(call["outputs"]) if call else "--",
        "num_params": params,
        "params_percent": share,
        "mult_adds": "(recursive)" if again and work else f"{work:,}" if work else "--",
        "trainable": "--" if not flags else str(flags.pop()) if len(flags) == 1 else "Partial",
    }
