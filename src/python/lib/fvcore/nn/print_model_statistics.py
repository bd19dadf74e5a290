"""fvcore's tables: modules with their parameters and counts."""

from .parameter_count import parameter_count, pipe_table

_NOTE = "N/A indicates a possibly missing statistic due to how the module was called. Missing values are still included in the parent's total.\n"
_UNITS = ((1e14, 1e15, "P"), (1e11, 1e12, "T"), (1e8, 1e9, "G"), (1e5, 1e6, "M"), (1e2, 1e3, "K"))


def _format_size(x, sig_figs=3, hide_zero=False):
    if hide_zero and x == 0:
        return ""
    fixed = lambda v: f"{v:.{sig_figs}f}".rstrip("0").rstrip(".")
    for least, size, unit in _UNITS:
        if abs(x) > least:
            return fixed(x / size) + unit
    return fixed(x)


def _below(name, known):
    """Names one level below a module, in the order in which they are known."""
    prefix = f"{name}." if name else ""
    return [n for n in known if n and n.startswith(prefix) and n.count(".") == prefix.count(".")]


def _by_name(columns):
    """{column: {name: number}} as {name: {column: number}}; names in the order in which the columns have them."""
    found = {}
    for column, numbers in columns.items():
        for name, number in numbers.items():
            found.setdefault(name, {})[column] = number
    return found


def _without_zeros(stats, keep, with_parents):
    """Leaves out what has nothing but zeros; with `with_parents`, parents of what is kept are kept too. Children come first."""
    kept = {}

    def visit(name):
        inside = [visit(child) for child in _below(name, stats)]
        if any(stats[name].values()) or name in keep or (with_parents and any(inside)):
            kept[name] = dict(stats[name])
        return name in kept

    visit("")
    return kept


class _Table:
    def __init__(self, stats, columns, max_depth):
        self._stats, self._columns, self._max_depth = stats, columns, max_depth
        self._rows = []

    def rows(self):
        root, cells = self._merged("")
        self._add(root or "model", cells, 0)
        self._root = f"{root}." if root else ""
        self._inside(root, 1)
        return self._rows

    def _merged(self, name):
        """A module with one child that says the same is told in one row with it, under the child's name."""
        while True:
            below = _below(name, self._stats)
            if len(below) != 1:
                return name, self._stats[name]
            own, other = self._stats[name], self._stats[below[0]]
            if own.keys() != other.keys() or any(own[k] and other[k] and own[k] != other[k] for k in own):
                return name, own
            name = below[0]
            self._stats[name] = {k: own[k] or other[k] for k in own}

    def _inside(self, name, level):
        if level > self._max_depth:
            return
        for child in _below(name, list(self._stats)):
            child, cells = self._merged(child)
            self._add(child.removeprefix(self._root), cells, level)
            self._inside(child, level + 1)

    def _add(self, name, cells, level):
        pad = " " * level
        self._rows.append([pad + name, *(pad + cells[c] if c in cells else "" for c in self._columns)])


def flop_count_table(flops, max_depth=3, activations=None, show_param_shapes=True):
    first = "#parameters or shape" if show_param_shapes else "#parameters"
    counts = {"#flops": flops} | ({"#activations": activations} if activations is not None else {})
    columns = {first: dict(parameter_count(flops._model)), **{name: dict(a.by_module()) for name, a in counts.items()}}
    stats = {n: {k: _format_size(v) for k, v in row.items()} for n, row in _without_zeros(_by_name(columns), {""}, True).items()}
    for name, analysis in counts.items():
        for uncalled in analysis.uncalled_modules() & stats.keys():
            stats[uncalled][name] = ""
    for name, param in flops._model.named_parameters():
        if name in stats:
            if show_param_shapes:
                stats[name][first] = str(tuple(param.shape))
            else:
                del stats[name]
    return pipe_table(["module", first, *counts], _Table(stats, [first, *counts], max_depth).rows())


def flop_count_str(flops, activations=None):
    counts = {"#flops": flops} | ({"#acts": activations} if activations is not None else {})
    columns = {"#params": dict(parameter_count(flops._model)), **{name: dict(a.by_module()) for name, a in counts.items()}}
    for name, _ in flops._model.named_modules():
        for numbers in columns.values():
            numbers.setdefault(name, 0)
    uncalled = {name: a.uncalled_modules() for name, a in counts.items()}
    missing = set().union(*uncalled.values())
    stats = {
        n: {k: _format_size(v, 2) for k, v in row.items()} for n, row in _without_zeros(_by_name(columns), missing or {""}, False).items()
    }
    for name, modules in uncalled.items():
        for module in modules:
            stats.setdefault(module, {})[name] = "N/A"

    def tree(module, name):
        extra = [line for line in module.extra_repr().split("\n") if line]
        told = ", ".join(f"{k}: {v}" for k, v in stats.get(name, {}).items())
        extra += [told] if told else []
        children = []
        for child, inside in module._modules.items():
            text = tree(inside, f"{name}.{child}" if name else child)
            children.append(f"({child}): " + text.replace("\n", "\n  "))
        if len(extra) == 1 and not children:
            return f"{module._get_name()}({extra[0]})"
        lines = "".join("\n  " + line for line in extra + children)
        return f"{module._get_name()}({lines}{chr(10) if lines else ''})"

    return (_NOTE if missing else "") + tree(flops._model, "")
