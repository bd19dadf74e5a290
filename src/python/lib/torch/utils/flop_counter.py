"""FlopCounterMode: what PyTorch's dispatcher shows while it is open, forward and backward, by module and operator."""

import functools
from collections import defaultdict

from _opcount import recorder, runs, tools

from .. import _grad_mode, library, ops

flop_registry = {}
SUFFIXES = ("", "K", "M", "B", "T")


def register_flop_formula(targets, get_raw=False):
    """A formula for an operator that the program defines: shapes in, `out_shape`, and a number out."""

    def register(formula):
        for target in targets if isinstance(targets, (list, tuple)) else [targets]:
            packet = getattr(target, "_overloadpacket", target)
            packet = getattr(packet, "_packet", packet)
            if str(packet).startswith("aten."):
                raise NotImplementedError(
                    f"register_flop_formula({packet}): opcount takes formulas for operators that the program defines, not for PyTorch's own"
                )
            flop_registry[packet] = formula if get_raw else shape_wrapper(formula)
        return formula

    return register


def _shape(x):
    return x.shape if hasattr(x, "_store") else type(x)(_shape(i) for i in x) if type(x) in (list, tuple) else x


def shape_wrapper(formula):
    @functools.wraps(formula)
    def run(*args, out_val=None, **kwargs):
        return formula(*map(_shape, args), out_shape=_shape(out_val), **{k: _shape(v) for k, v in kwargs.items()})

    return run


class FlopCounterMode:
    def __init__(self, mods=None, depth=2, display=True, custom_mapping=None):
        self.depth, self.display = depth, display
        self.flop_counts = defaultdict(lambda: defaultdict(int))
        self.flop_registry = dict(flop_registry)
        for target, formula in (custom_mapping or {}).items():
            packet = getattr(target, "_packet", target)
            if str(packet).startswith("aten."):
                raise NotImplementedError(
                    f"FlopCounterMode(custom_mapping={{{packet}: …}}): opcount takes formulas for operators that the program defines, not for PyTorch's own"
                )
            self.flop_registry[packet] = formula if getattr(formula, "_get_raw", False) else shape_wrapper(formula)

    def __enter__(self):
        self.flop_counts.clear()
        self._recording = runs.Open()
        if not _grad_mode.is_grad_enabled():
            recorder.Stretch("grad-off").__enter__()
        self._outer_watch, library.watch[0] = library.watch[0], self._custom
        return self

    def _custom(self, packet, args, kwargs, out):
        formula = self.flop_registry.get(packet)
        if formula is not None:
            self._add([p for p in recorder.active.paths() if p], packet, formula(*args, **kwargs, out_val=out))

    def _add(self, paths, packet, n):
        for path in dict.fromkeys(["Global", *paths]):
            self.flop_counts[path][packet] += n

    def __exit__(self, kind, *_):
        library.watch[0] = self._outer_watch
        ledger = self._recording.close()
        if kind is None:
            for row in tools.dispatched(ledger):
                self._add(row.paths, ops.packet(row.op), row.amount)
            if self.display:
                print(self.get_table(self.depth))
        return False

    def get_total_flops(self):
        return sum(self.flop_counts["Global"].values())

    def get_flop_counts(self):
        return {k: dict(v) for k, v in self.flop_counts.items()}

    def get_table(self, depth=None):
        depth = self.depth if depth is None else depth
        total = self.get_total_flops()
        suffix = SUFFIXES[max(0, min(len(SUFFIXES) - 1, (len(str(total)) - 2) // 3))]
        subsumed = [False]

        def number(n):
            # A column of plain numbers is printed as numbers.
            return f"{n / 1000 ** SUFFIXES.index(suffix):.3f}{suffix}" if suffix else f"{n:g}"

        def percent(n):
            return f"{n / total:.2%}" if total else "0%"

        def rows_of(name, level):
            own = sum(self.flop_counts[name].values())
            subsumed[0] = subsumed[0] or own >= total
            pad = " " * level
            return [
                [pad + name, number(own), percent(own)],
                *([f"{pad} - {op}", number(n), percent(n)] for op, n in self.flop_counts[name].items()),
            ]

        rows = []
        for name in sorted(self.flop_counts):
            level = name.count(".") + 1
            if name != "Global" and level <= depth:
                rows += rows_of(name, level - 1)
        if "Global" in self.flop_counts and not subsumed[0]:
            rows = [*rows_of("Global", 0), *([" " + r[0], *r[1:]] for r in rows)]
        return table(["Module", "FLOP", "% Total"], rows or [["Global", "0", "0%"]])


def table(header, rows):
    # A title has room for two characters more.
    widths = [max(len(header[i]) + 2, *(len(r[i]) for r in rows)) for i in range(3)]
    line = lambda r: f"{r[0]:<{widths[0]}}  {r[1]:>{widths[1]}}  {r[2]:>{widths[2]}}"
    return "\n".join([line(header), "  ".join("-" * w for w in widths), *map(line, rows)])
