"""
`torch.profiler` with `with_flops`: which operators run, how often, and the FLOPs that PyTorch states for them: those of
two-dimensional convolutions and products of matrices, and one for each element that is added or multiplied. Nothing is timed.
"""

import math

from _opcount import runs, tools
from _opcount.bridge import OpcountError

from . import _noop

ProfilerActivity = _noop.Words("ProfilerActivity")
ProfilerAction = _noop.Words("ProfilerAction")
record_function = _noop.Context
schedule = tensorboard_trace_handler = _noop.nothing
supported_activities = set
_TIMES = ("Self CPU %", "Self CPU", "CPU total %", "CPU total", "CPU time avg")
_SCALES = ("FLOPs", "KFLOPs", "MFLOPs", "GFLOPs", "TFLOPs", "PFLOPs")


class Event:
    """An operator, or all calls of one."""

    def __init__(self, key, count, flops, shapes=()):
        self.key = self.name = key
        self.count, self.flops, self.input_shapes = count, flops, shapes

    def __getattr__(self, name):
        if "time" in name:
            raise OpcountError(
                f"{name} of {self.key} is asked for, and opcount measures no time", "unsupported", "ask for flops and count alone"
            )
        if "memory" in name:
            return 0
        raise AttributeError(name)

    def __repr__(self):
        return f"<FunctionEventAvg key={self.key} count={self.count} flops={self.flops}>"


class EventList(list):
    def total_average(self):
        return Event("Total", sum(e.count for e in self), sum(e.flops for e in self))

    def key_averages(self, group_by_input_shape=False, group_by_stack_n=0):
        groups = {}
        for e in self:
            found = groups.setdefault((e.key, str(e.input_shapes) if group_by_input_shape else None), Event(e.key, 0, 0, e.input_shapes))
            found.count += e.count
            found.flops += e.flops
        return EventList(groups.values())

    def table(
        self,
        sort_by=None,
        row_limit=100,
        max_src_column_width=75,
        max_name_column_width=55,
        max_shapes_column_width=80,
        header=None,
        top_level_events_only=False,
    ):
        """PyTorch's table; `--` stands where it has durations."""
        rows = sorted(self, key=lambda e: -getattr(e, sort_by)) if sort_by in ("flops", "count") else list(self)
        counted = [e.flops for e in rows if e.flops > 0]
        step = min(int(math.log10(min(counted)) / 3), len(_SCALES) - 1) if counted else 0
        heads = ["Name", *_TIMES, "# of Calls", *([f"Total {_SCALES[step]}"] if counted else [])]
        widths = [min(max((len(e.key) for e in rows), default=0) + 4, max_name_column_width), *[12] * (len(heads) - 1)]
        line = lambda cells: "".join(f"{c:>{w}}  " for c, w in zip(cells, widths))
        rule = line(["-" * w for w in widths])
        out = [rule, line(heads), rule]
        for e in rows[: row_limit if row_limit >= 0 else None]:
            name = e.key if len(e.key) < widths[0] else e.key[: widths[0] - 3] + "..."
            flops = [f"{e.flops / 1000**step:8.3f}" if e.flops > 0 else "--"] if counted else []
            out.append(line([name, *["--"] * len(_TIMES), str(e.count), *flops]))
        return "\n".join([*([header] if header else []), *out, rule, "Self CPU time total: --", ""])

    __str__ = table

    def export_chrome_trace(self, path):
        raise OpcountError("a trace of times is asked for, and opcount measures no time", "unsupported", "leave export_chrome_trace out")


def _events(ledger, with_flops):
    found = EventList()
    for row in tools.dispatched(ledger):
        kind = row.op.removeprefix("aten.")
        flat = kind == "convolution" and len(row.inputs[0] or ()) == 4
        key = "aten::conv2d" if flat else f"aten::{kind}"
        found.append(Event(key, 1, row.amount if with_flops and (flat or kind != "convolution") else 0, row.inputs))
    for row in tools.operators(ledger, "fvcore")[1]:
        amount = math.prod(row.inputs[0]) if row.op in ("add", "mul") and row.inputs and row.inputs[0] else 0
        found.append(Event(f"aten::{row.op}", 1, amount if with_flops else 0, row.inputs))
    return found


class profile:
    def __init__(
        self,
        *args,
        activities=None,
        schedule=None,
        on_trace_ready=None,
        record_shapes=False,
        profile_memory=False,
        with_stack=False,
        with_flops=False,
        with_modules=False,
        **kwargs,
    ):
        self._with_flops, self._ready, self._events, self._run = with_flops, on_trace_ready, None, None

    def start(self):
        self._run = runs.Open()

    def stop(self):
        ledger = self._run.close()
        self._events = _events(ledger, self._with_flops)
        if callable(self._ready):
            self._ready(self)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.stop()
        else:
            self._run.close()
        return False

    def step(self):
        return None

    def events(self):
        if self._events is None:
            raise AssertionError("Profiler didn't finish running")
        return self._events

    def key_averages(self, group_by_input_shape=False, group_by_stack_n=0):
        return self.events().key_averages(group_by_input_shape)

    def total_average(self):
        return self.events().total_average()

    def table(self, *args, **kwargs):
        return self.key_averages().table(*args, **kwargs)

    def export_chrome_trace(self, path):
        return EventList().export_chrome_trace(path)

    export_stacks = export_memory_timeline = export_chrome_trace

    def add_metadata(self, key, value):
        return None

    add_metadata_json = add_metadata
