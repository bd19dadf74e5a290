"""Shared by the counters' shims: a model is run once over its inputs, and the host gives each tool's numbers for it."""

from . import bridge, recorder, runs


def measure(model, args=(), kwargs=None, *, convention, custom=None):
    """The convention's numbers for one run: `counts` under the tool's own names, `params`, `layers` by path, `notes`."""
    ledger, extra = run(model, args, kwargs or {}, custom)
    return ask(ledger, convention, extra)


def run(model, args, kwargs, custom=None):
    """Records a run; `custom` maps classes to hooks that count a call themselves, as thop's `custom_ops` do."""
    watch = Custom(model, custom) if custom else None
    try:
        ledger = runs.record(model, tuple(args), dict(kwargs))
    finally:
        if watch is not None:
            watch.remove()
    return ledger, watch.counts if watch is not None else {}


def ask(ledger, convention, extra=None):
    answer = bridge.call("measure", ledger, convention, extra or {})
    if not answer["counts"]:
        raise RuntimeError("; ".join(answer["notes"]) or f"{convention} has no number for this model")
    answer["counts"] = {k: number(v) for k, v in answer["counts"].items()}
    answer["params"] = number(answer["params"])
    answer["layers"] = {path: {k: number(v) for k, v in row.items()} for path, row in answer["layers"].items()}
    return answer


def calls(ledger):
    """Every call of a module in the order of the run: path, and the shapes and bytes of its outputs."""
    return bridge.call("calls", ledger)


def number(text):
    """A count as an int; a formula stays text."""
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            return text


class Custom:
    """Counts of calls by functions of the program: they read and write `total_ops` of the module, as thop has it."""

    def __init__(self, model, custom):
        self.counts = {}
        self._handles = []
        for module in model.modules():
            rule = custom.get(type(module))
            if rule is not None:
                type_ = recorder.type_name(type(module))
                self._handles.append(module.register_forward_hook(self._hook(rule, type_)))

    def _hook(self, rule, type_):
        def hook(module, args, out):
            before = module.__dict__.get("total_ops")
            object.__setattr__(module, "total_ops", _Sum())
            rule(module, args, out)
            counted = module.__dict__.pop("total_ops")
            if before is not None:
                object.__setattr__(module, "total_ops", before)
            path = _path(module)
            self.counts.setdefault(type_, []).append([path, int(counted)])

        return hook

    def remove(self):
        for handle in self._handles:
            handle.remove()


class _Sum:
    """`m.total_ops`: a number that rules add tensors and numbers to."""

    def __init__(self, value=0):
        self.value = value

    def _plain(self, other):
        return float(other.item()) if hasattr(other, "item") else float(getattr(other, "value", other))

    def __add__(self, other):
        return _Sum(self.value + self._plain(other))

    __radd__ = __iadd__ = __add__

    def __mul__(self, other):
        return _Sum(self.value * self._plain(other))

    __rmul__ = __mul__

    def item(self):
        return self.value

    def __int__(self):
        return int(self.value)

    def __float__(self):
        return float(self.value)

    def __getitem__(self, _):
        return self


def _path(module):
    recording = recorder.active
    number = recording.numbers.get(module) if recording is not None else None
    return recording.tree[number]["path"] if number is not None else ""


def random_input(shape, batch=1):
    """A tensor of a C×H×W shape in a batch."""
    return recorder.torch.empty(batch, *shape)


def parameters(model, trainable=False):
    return sum(p.numel() for p in model.parameters() if p.requires_grad or not trainable)


class Row:
    """One operator as a tool lists it: paths of the modules that were running, its name, its count, shapes."""

    def __init__(self, row):
        self.paths = [p for p in row["paths"] if p]
        self.op, self.amount, self.shown = row["op"], number(row["amount"]), row["shown"]
        self.inputs, self.outputs = row["inputs"], row["outputs"]


def operators(ledger, convention):
    """A convention's count for each operator, and the operators that it does not know."""
    found = bridge.call("operators", ledger, convention)
    return [Row(r) for r in found["seen"]], [Row(r) for r in found["unseen"]]


def dispatched(ledger):
    """The operators that PyTorch's dispatcher shows, backward passes included."""
    return [Row(r) for r in bridge.call("dispatched", ledger)]
