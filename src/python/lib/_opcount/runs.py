"""Runs of a model from start to end: what it does is recorded, and the ledger is left with the host."""

from . import absent_parts, bridge, recorder


def materialize(model, args, kwargs):
    """Lazy layers get their weights from a first call, which is not part of the run."""
    if any(recorder.torch.nn.parameter.is_lazy(t) for t in (*model.parameters(), *model.buffers())):
        outer = recorder.torch._tensor._recording[0]
        recorder.torch._tensor._recording[0] = False
        try:
            model(*args, **kwargs)
        finally:
            recorder.torch._tensor._recording[0] = outer


def record(model, args, kwargs, names=(), train=False):
    """Runs a model over its inputs and leaves the ledger with the host, under the number that is given back."""
    if not isinstance(model, recorder.torch.nn.Module):
        model = _Callable(model)
    materialize(model, args, kwargs)
    outer, outer_flag = recorder.active, recorder.torch._tensor._recording[0]
    modes = [(m, m.training) for m in model.modules()]
    if train is not None and any(mode != train for _, mode in modes):
        model.train(train)  # which may change the model: some fuse their layers
    recording = recorder.Recording(model)
    inputs = recorder.tensors_in((args, kwargs))
    bridge.call("begin", recording.tree, [[t, None] for t in inputs], list(names))
    bridge.pending.extend(("note", "absent-part", told) for told in absent_parts.notes(model))
    try:
        recorder.active = recording
        recorder.torch._tensor._recording[0] = True
        out = model(*args, **kwargs)
        return bridge.call("end", recorder.tensors_in(out))
    except BaseException:
        bridge.pending.clear()
        bridge.call("abandon")
        raise
    finally:
        recorder.active = outer
        recorder.torch._tensor._recording[0] = outer_flag
        for module, mode in modes:
            object.__setattr__(module, "training", mode)


def shapes(module, args):
    """The result of a module, without recording how it was computed."""
    recording = recorder.Recording(module)
    bridge.call("begin", recording.tree, [[t, None] for t in recorder.tensors_in(args)], [])
    recording.enter(module, args)
    recorder.active = recording
    try:
        return module.forward(*args)
    finally:
        recorder.active = None
        bridge.pending.clear()
        bridge.call("abandon")


class Open:
    """A recording of whatever runs until it is closed, as FlopCounterMode has it."""

    def __init__(self):
        self._outer = (recorder.active, recorder.torch._tensor._recording[0])
        root = recorder.torch.nn.Module()
        root.__class__ = type("Global", (recorder.torch.nn.Module,), {})
        recording = recorder.Recording(root)
        recording.open = True
        bridge.call("begin", recording.tree, [], [])
        recording.enter(root, ())
        recording.depth = 0
        recorder.active = recording
        recorder.torch._tensor._recording[0] = True

    def close(self):
        recorder.active.leave(None)
        recorder.active, recorder.torch._tensor._recording[0] = self._outer
        return bridge.call("end", [])


def _Callable(function):
    class Function(recorder.torch.nn.Module):
        def forward(self, *args, **kwargs):
            return function(*args, **kwargs)

    Function.__name__ = getattr(function, "__name__", "Function")
    return Function()
