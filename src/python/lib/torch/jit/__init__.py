"""Scripting and tracing leave the module as it is."""

from typing import Final  # noqa: F401

from .. import _noop
from ..nn.modules.module import Module


class ScriptModule(Module):
    pass


class RecursiveScriptModule(ScriptModule):
    pass


class TracedModule(ScriptModule):
    pass


class TracerWarning(Warning):
    @staticmethod
    def ignore_lib_warnings():
        return None


class ScriptWarning(Warning):
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


is_scripting = is_tracing = _noop.false
_overload_method = ignore = unused = export = script_method = script_if_tracing = interface = _overload = _script_if_tracing = (
    _noop.decorator
)
optimize_for_inference = freeze
save = load = _noop.nothing
fork = lambda f, *args, **kwargs: f(*args, **kwargs)
wait = lambda x: x
set_fusion_strategy = enable_onednn_fusion = _noop.none
fuser = _noop.Context
strict_fusion = optimized_execution = _noop.Context
annotations = _noop.module("torch.jit.annotations", BroadcastingList1=list, BroadcastingList2=list, BroadcastingList3=list, List=list)
_script = _noop.module("torch.jit._script")
_trace = _noop.module("torch.jit._trace")
