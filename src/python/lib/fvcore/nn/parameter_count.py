"""Parameters by module, and their table."""

from collections import defaultdict


def parameter_count(model):
    out = defaultdict(int)
    for name, param in model.named_parameters():
        parts = name.split(".")
        for i in range(len(parts) + 1):
            out[".".join(parts[:i])] += param.numel()
    return out


def parameter_count_table(model, max_depth=3):
    count, shapes = parameter_count(model), {k: tuple(v.shape) for k, v in model.named_parameters()}

    def short(x):
        if x > 1e8:
            return f"{x / 1e9:.1f}G"
        return f"{x / 1e6:.1f}M" if x > 1e5 else f"{x / 1e3:.1f}K" if x > 1e2 else str(x)

    rows = [["model", short(count.pop(""))]]

    def fill(level, prefix):
        if level >= max_depth:
            return
        for name, n in count.items():
            if name.count(".") == level and name.startswith(prefix):
                pad = " " * (level + 1)
                rows.append([pad + name, pad + str(shapes[name]) if name in shapes else pad + short(n)])
                fill(level + 1, name + ".")

    fill(0, "")
    return pipe_table(["name", "#elements or shape"], rows)


def pipe_table(header, rows):
    """A table between bars: columns of numbers alone stand to the right, and a title has room for two characters more."""
    columns = list(zip(*rows))
    right = [all(_is_number(c) for c in column) for column in columns]
    widths = [max(len(title) + 2, *map(len, column)) for title, column in zip(header, columns)]

    def line(cells):
        return "| " + " | ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in zip(cells, widths, right)) + " |"

    rule = "|" + "|".join("-" * (w + 1) + ":" if r else ":" + "-" * (w + 1) for w, r in zip(widths, right)) + "|"
    return "\n".join([line(header), rule, *map(line, rows)])


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True
