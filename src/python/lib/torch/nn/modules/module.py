"""The base of all modules: registration, hooks, state, traversal, and the call that is recorded."""

import functools
from collections import OrderedDict

from _opcount import recorder, standins

from ..._tensor import Tensor
from ...utils.hooks import RemovableHandle
from ..parameter import Buffer, Parameter
from ._modes import Modes
from ._state import State, _IncompatibleKeys  # noqa: F401
from ._tree import Tree

_EXTRA_STATE_KEY_SUFFIX = "_extra_state"
_global_forward_pre_hooks = OrderedDict()
_global_forward_hooks = OrderedDict()


def register_module_forward_pre_hook(hook):
    handle = RemovableHandle(_global_forward_pre_hooks)
    _global_forward_pre_hooks[handle.id] = hook
    return handle


def register_module_forward_hook(hook, *, with_kwargs=False, always_call=False):
    handle = RemovableHandle(_global_forward_hooks)
    _global_forward_hooks[handle.id] = hook
    return handle


class Module(Tree, Modes, State):
    dump_patches = False
    _version = 1
    training: bool
    call_super_init = False

    def __init__(self, *args, **kwargs):
        set_ = object.__setattr__
        set_(self, "training", True)
        set_(self, "_parameters", {})
        set_(self, "_buffers", {})
        set_(self, "_non_persistent_buffers_set", set())
        set_(self, "_modules", {})
        set_(self, "_forward_hooks", OrderedDict())
        set_(self, "_forward_hooks_with_kwargs", set())
        set_(self, "_forward_pre_hooks", OrderedDict())
        set_(self, "_forward_pre_hooks_with_kwargs", set())
        set_(self, "_state_dict_hooks", OrderedDict())
        set_(self, "_load_state_dict_pre_hooks", OrderedDict())
        set_(self, "_load_state_dict_post_hooks", OrderedDict())
        set_(self, "_backward_hooks", OrderedDict())
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    def forward(self, *args):
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    # --- the call

    def __call__(self, *args, **kwargs):
        opened = recorder.active is not None and recorder.active.enter(self, args)
        try:
            for hooks in (_global_forward_pre_hooks, self._forward_pre_hooks) if self._hooked() else ():
                for key, hook in list(hooks.items()):
                    if key in self._forward_pre_hooks_with_kwargs:
                        changed = hook(self, args, kwargs)
                        if changed is not None:
                            args, kwargs = changed
                    else:
                        changed = hook(self, args)
                        if changed is not None:
                            args = changed if isinstance(changed, tuple) else (changed,)
            out = self.forward(*args, **kwargs)
            for hooks in (_global_forward_hooks, self._forward_hooks) if self._hooked() else ():
                for key, hook in list(hooks.items()):
                    if key in self._forward_hooks_with_kwargs:
                        changed = hook(self, args, kwargs, out)
                    else:
                        changed = hook(self, args, out)
                    if changed is not None:
                        out = changed
        except BaseException as e:
            ended = opened and recorder.active.cut(e)
            if opened:
                recorder.active.leave(None)
            if not ended:
                raise
            return None
        if opened:
            recorder.active.leave(out)
        return out

    def _call_impl(self, *args, **kwargs):
        return Module.__call__(self, *args, **kwargs)

    def _hooked(self):
        return self._forward_hooks or self._forward_pre_hooks or _global_forward_hooks or _global_forward_pre_hooks

    # --- registration

    def __setattr__(self, name, value):
        d = self.__dict__
        if isinstance(value, Parameter):
            parameters = d.get("_parameters")
            if parameters is None:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            self._evict(name, "_parameters")
            parameters[name] = value
            return
        parameters = d.get("_parameters")
        if parameters is not None and name in parameters:
            if value is not None:
                raise TypeError(f"cannot assign '{type(value).__name__}' as parameter '{name}' (torch.nn.Parameter or None expected)")
            parameters[name] = None
            return
        if isinstance(value, Module):
            modules = d.get("_modules")
            if modules is None:
                raise AttributeError("cannot assign module before Module.__init__() call")
            self._evict(name, "_modules")
            modules[name] = value
            return
        modules = d.get("_modules")
        if modules is not None and name in modules:
            if value is not None:
                raise TypeError(f"cannot assign '{type(value).__name__}' as child module '{name}' (torch.nn.Module or None expected)")
            modules[name] = None
            return
        buffers = d.get("_buffers")
        if isinstance(value, Buffer) and buffers is not None:
            self.register_buffer(name, value, value.persistent)
            return
        if buffers is not None and name in buffers:
            if value is not None and not isinstance(value, Tensor):
                raise TypeError(f"cannot assign '{type(value).__name__}' object to buffer '{name}' (torch.Tensor or None required)")
            buffers[name] = value
            return
        object.__setattr__(self, name, value)

    def _evict(self, name, keep):
        self.__dict__.pop(name, None)
        for kind in ("_parameters", "_buffers", "_modules"):
            if kind != keep:
                self.__dict__[kind].pop(name, None)
        self._non_persistent_buffers_set.discard(name)

    def __getattr__(self, name):
        d = self.__dict__
        for kind in ("_parameters", "_buffers", "_modules"):
            found = d.get(kind)
            if found is not None and name in found:
                return found[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __delattr__(self, name):
        for kind in ("_parameters", "_buffers", "_modules"):
            if name in self.__dict__[kind]:
                del self.__dict__[kind][name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self):
        return sorted({*object.__dir__(self), *self._parameters, *self._buffers, *self._modules})

    def register_parameter(self, name, param):
        self._check_name(name, "parameter")
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(f"cannot assign '{type(param).__name__}' object to parameter '{name}' (torch.nn.Parameter or None required)")
        self._parameters[name] = param

    def register_buffer(self, name, tensor, persistent=True):
        self._check_name(name, "buffer")
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(f"cannot assign '{type(tensor).__name__}' object to buffer '{name}' (torch Tensor or None required)")
        self._buffers[name] = tensor
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def register_module(self, name, module):
        self.add_module(name, module)

    def add_module(self, name, module):
        if isinstance(module, standins.Result):
            module = AbsentModule(standins.name_of(module))
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{type(module).__name__} is not a Module subclass")
        self._check_name(name, "module")
        self._modules[name] = module

    def _check_name(self, name, what):
        if "_parameters" not in self.__dict__:
            raise AttributeError(f"cannot assign {what} before Module.__init__() call")
        if not isinstance(name, str):
            raise TypeError(f"{what} name should be a string. Got {type(name).__name__}")
        if "." in name:
            raise KeyError(f'{what} name can\'t contain "."')
        if name == "":
            raise KeyError(f'{what} name can\'t be empty string ""')
        taken = (
            hasattr(self, name)
            and name not in self.__dict__[{"parameter": "_parameters", "buffer": "_buffers", "module": "_modules"}[what]]
        )
        if taken:
            raise KeyError(f"attribute '{name}' already exists")

    # --- hooks

    def register_forward_pre_hook(self, hook, *, prepend=False, with_kwargs=False):
        return self._register(self._forward_pre_hooks, self._forward_pre_hooks_with_kwargs, hook, prepend, with_kwargs)

    def register_forward_hook(self, hook, *, prepend=False, with_kwargs=False, always_call=False):
        return self._register(self._forward_hooks, self._forward_hooks_with_kwargs, hook, prepend, with_kwargs)

    def _register(self, hooks, marked, hook, prepend, with_kwargs):
        handle = RemovableHandle(hooks)
        hooks[handle.id] = hook
        if with_kwargs:
            marked.add(handle.id)
        if prepend:
            hooks.move_to_end(handle.id, last=False)
        return handle

    def register_full_backward_hook(self, hook, prepend=False):
        return RemovableHandle({})

    register_backward_hook = register_full_backward_hook
    register_full_backward_pre_hook = register_full_backward_hook

    def _register_state_dict_hook(self, hook):
        handle = RemovableHandle(self._state_dict_hooks)
        self._state_dict_hooks[handle.id] = hook
        return handle

    register_state_dict_post_hook = _register_state_dict_hook

    def register_state_dict_pre_hook(self, hook):
        return RemovableHandle({})

    def _register_load_state_dict_pre_hook(self, hook, with_module=False):
        handle = RemovableHandle(self._load_state_dict_pre_hooks)
        self._load_state_dict_pre_hooks[handle.id] = functools.partial(hook, self) if with_module else hook
        return handle

    def register_load_state_dict_pre_hook(self, hook):
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def register_load_state_dict_post_hook(self, hook):
        return RemovableHandle({})

    # --- words

    def _get_name(self):
        return type(self).__name__

    def extra_repr(self):
        return ""

    def __repr__(self):
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [f"({name}): " + _indented(repr(module)) for name, module in self._modules.items()]
        if not children and len(lines) <= 1:
            return f"{self._get_name()}({''.join(lines)})"
        return self._get_name() + "(\n  " + "\n  ".join(lines + children) + "\n)"


class AbsentModule(Module):
    """The place of a module that a package makes which is not installed; a call of it is refused."""

    def __init__(self, name):
        super().__init__()
        self._opcount_absent_part = name

    def forward(self, *args, **kwargs):
        standins.refuse(self._opcount_absent_part, "is called")


def _indented(text):
    first, *rest = text.split("\n")
    return "\n".join([first, *("  " + line for line in rest)])
