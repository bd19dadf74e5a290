"""Rows and columns of torchinfo's table."""

import math

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


class Layout:
    """The caller's options: columns, their width, the depth, and how rows are named."""

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

    def name(self, row):
        text = type(row.module).__name__
        if "var_names" in self.settings and row.variable:
            text += f" ({row.variable})"
        return text + f": {row.level}-{row.index}" if "depth" in self.settings and row.level else text

    def indent(self, level):
        ascii_only = "ascii_only" in self.settings
        if level < 2:
            return "" if level == 0 else "+ " if ascii_only else "├─"
        return ("|    " if ascii_only else "│    ") * (level - 1) + ("+ " if ascii_only else "└─")

    def name_width(self, rows):
        longest = max(len(self.name(r)) + r.level * 5 + 1 for r in rows)
        return math.ceil(longest / 5) * 5 if longest >= 40 else 40

    def line(self, name, cells, width):
        return (f"{name:<{width}} " + "".join(f"{c:<{self.col_width}} " for c in cells)).rstrip()

    def lines(self, rows, whole, width):
        found = []
        for row in rows:
            if row.level > self.depth or ("hide_recursive_layers" in self.settings and row.again):
                continue
            cells = cells_of(row, row.level == self.depth, whole)
            found.append(self.line(self.indent(row.level) + self.name(row), [cells[c] for c in self.columns], width))
        return found


def cells_of(row, deepest, whole):
    """A row's cells. A module with others inside shows what is its own, but all of it where the table goes no deeper."""
    own = row.params if deepest or not row.inside else _leftover(row)
    work = row.macs if not row.inside else sum(r.macs for r in row.inside if not r.inside) if deepest else 0
    kernel = getattr(row.module, "kernel_size", None)
    groups = getattr(row.module, "groups", None)
    if row.params == 0:
        params = "--"
    elif row.again:
        params = "(recursive)"
    else:
        params = f"{own:,}" if own > 0 else "--"
        if (deepest or not row.inside) and not row.trains:
            params = f"({params})"
    share = "(recursive)" if whole and row.again else f"{own / whole:>7.2%}" if whole and own else "     --"
    return {
        "kernel_size": str(list(kernel) if isinstance(kernel, (tuple, list)) else kernel) if kernel else "--",
        "groups": str(int(groups)) if groups else "--",
        "input_size": str(row.given) if row.given else "--",
        "output_size": str(row.made) if row.made else "--",
        "num_params": params,
        "params_percent": share,
        "mult_adds": f"{work:,}" if work else "--",
        "trainable": "--" if row.params == 0 else "False" if not row.trains else "True" if row.trains == row.params else "Partial",
    }


def _leftover(row):
    """Parameters that no row inside of it has; a module that comes again is taken away once, with all inside of it."""
    total, seen, i = row.params, set(), 0
    while i < len(row.inside):
        child = row.inside[i]
        if child.again:
            if child.module not in seen:
                seen.add(child.module)
                total -= child.params
            i += 1
            while i < len(row.inside) and row.inside[i].level > child.level:
                i += 1
            continue
        seen.add(child.module)
        total -= child.params if not child.inside else _leftover(child)
        i += 1
    return total
