"""One run of a model, read operator by operator."""

import sys
import warnings
from collections import Counter

from _opcount import runs, tools

from .jit_handles import Value

# Names of a trace, under which fvcore lists them.
NAMES = {"_convolution": "conv", "mm": "matmul", "bmm": "bmm", "addmm": "addmm"}
# Operators that are free by fvcore's own list.
IGNORED = set(
    "Int ScalarImplicit __and__ arange bitwise_not cat chunk clamp clamp_ constant_pad_nd contiguous copy_ detach dropout empty eq expand flatten floor floordiv full ge gt index"
    " index_put_ max nonzero permute relu relu_ reshape select size slice split split_with_sizes squeeze stack t to transpose unsqueeze unsqueeze_ view zeros zeros_like identity"
    " alias clone rsub embedding_renorm_ feature_dropout alpha_dropout unbind narrow pad".split()
)


class Analysis:
    def __init__(self, model, inputs):
        self._model = model
        self._inputs = inputs if isinstance(inputs, tuple) else (inputs,)
        self._rows = None
        self._handles = {}
        self._warn = {"unsupported": True, "uncalled": True, "tracer": "no_tracer_warning"}
        self._mode = "owner"

    def _run(self):
        if self._rows is None:
            ledger = runs.record(self._model, self._inputs, {}, train=None)
            seen, unseen = tools.operators(ledger, "fvcore")
            self._called = {c["path"] for c in tools.calls(ledger)}
            self._whole = tools.ask(ledger, "fvcore")["counts"]["flops"]
            self._rows, self._unseen = self._handled(seen, unseen)
            self._warned()
        return self._rows

    def _handled(self, seen, unseen):
        """Rows by fvcore's names, with the program's own handles in place of its."""
        kept, left = [], []
        for row in seen:
            row.op = NAMES.get(row.op, row.op)
            (kept if self._own(row) else left).append(row)
        for row in unseen:
            (kept if self._own(row, new=True) else left).append(row)
        return kept, left

    def _own(self, row, new=False):
        key = "aten::" + {"conv": "_convolution"}.get(row.op, row.op)
        if key not in self._handles:
            return not new
        handle = self._handles[key]
        if handle is None:
            return False
        found = handle([Value(s) for s in row.inputs], [Value(s) for s in row.outputs])
        if isinstance(found, Counter):
            ((row.op, row.amount),) = found.items() if len(found) == 1 else [(row.op, sum(found.values()))]
        else:
            row.op, row.amount = key[6:], found
        return True

    def _warned(self):
        missing = self._unsupported("")
        if self._warn["unsupported"]:
            for name, n in missing.items():
                print(f"Unsupported operator {name} encountered {n} time(s)", file=sys.stderr)
        uncalled = self._uncalled()
        if self._warn["uncalled"] and uncalled:
            warnings.warn(
                "The following submodules of the model were never called during the trace of the graph. They may be unused, or they were accessed by direct calls to .forward() or via other python methods. In the latter case they will have zeros for statistics, though their statistics will still contribute to their parent calling module.\n"
                + ", ".join(sorted(uncalled)),
                stacklevel=2,
            )

    def _unsupported(self, name):
        out = Counter()
        for row in self._unseen:
            if row.op not in IGNORED and row.op.rstrip("_") not in ("relu", "dropout") and (not name or name in row.paths):
                out["aten::" + row.op] += 1
        return out

    def _uncalled(self):
        containers = ("ModuleList", "ModuleDict", "ParameterList", "ParameterDict")
        return {n for n, m in self._model.named_modules() if n and n not in self._called and type(m).__name__ not in containers}

    def by_module_and_operator(self):
        rows = self._run()
        out = {name: Counter() for name, _ in self._model.named_modules()}
        for row in rows:
            for path in dict.fromkeys(["", *row.paths, *_above(row.paths)]):
                out.setdefault(path, Counter())[row.op] += row.amount
        return out

    def by_module(self):
        return Counter({name: sum(ops.values()) for name, ops in self.by_module_and_operator().items()})

    def by_operator(self, module_name=""):
        return Counter(self.by_module_and_operator()[module_name])

    def total(self, module_name=""):
        rows = self._run()
        if module_name == "" and not self._handles:
            return self._whole
        return self.by_module()[module_name] if rows is not None else 0

    def unsupported_ops(self, module_name=""):
        self._run()
        return self._unsupported(module_name)

    def uncalled_modules(self):
        self._run()
        return self._uncalled()

    def set_op_handle(self, *args, **kwargs):
        if len(args) % 2:
            raise TypeError("set_op_handle should be called with pairs of names and handles!")
        pairs = {**dict(zip(args[0::2], args[1::2])), **kwargs}
        self._handles.update(pairs)
        self._rows = None
        return self

    def clear_op_handles(self):
        self._handles = {}
        return self

    def unsupported_ops_warnings(self, enabled):
        self._warn["unsupported"] = enabled
        return self

    def uncalled_modules_warnings(self, enabled):
        self._warn["uncalled"] = enabled
        return self

    def tracer_warnings(self, mode):
        return self

    def ancestor_mode(self, mode):
        if mode not in ("owner", "caller"):
            raise ValueError(f"Unrecognized ancestor mode: {mode}")
        self._mode = mode
        return self

    def canonical_module_name(self, name):
        return name

    def copy(self, new_model=None, new_inputs=None):
        return type(self)(new_model or self._model, self._inputs if new_inputs is None else new_inputs)


def _above(paths):
    """Modules that hold the running ones without being called: lists of layers."""
    out = []
    for path in paths:
        parts = path.split(".")
        out += [".".join(parts[:i]) for i in range(1, len(parts))]
    return out
