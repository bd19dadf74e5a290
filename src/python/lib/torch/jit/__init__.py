"""Scripting and tracing leave the module as it is."""

from typing import Final  # noqa: F401

from .. import _quiet


class ScriptModule:
    pass


class ScriptFunction:
    pass


class Error(Exception):
    pass


class Attribute:
    def __new__(cls, value, type=None):
        return value


def script(obj=None, *args, **kwargs):
    return obj if obj is not None else (lambda f: f)


def trace(func, example_inputs=None, *args, **kwargs):
    return func


trace_module = trace


def freeze(mod, *args, **kwargs):
    return mod


def annotate(the_type, value):
    return value


def isinstance(obj, target):
    import builtins

    return builtins.isinstance(obj, target)


is_scripting = is_tracing = _quiet.false
_overload_method = ignore = unused = export = script_method = script_if_tracing = interface = _overload = _script_if_tracing = _quiet.decorator
optimize_for_inference = freeze
save = load = _quiet.nothing
fork = lambda f, *args, **kwargs: f(*args, **kwargs)
wait = lambda x: x
set_fusion_strategy = enable_onednn_fusion = _quiet.none
fuser = _quiet.Context
strict_fusion = _quiet.Context
annotations = _quiet.module("torch.jit.annotations", BroadcastingList1=list, BroadcastingList2=list, BroadcastingList3=list, List=list)
_script = _quiet.module("torch.jit._script")
_trace = _quiet.module("torch.jit._trace")
