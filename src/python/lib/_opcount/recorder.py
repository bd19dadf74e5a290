"""Reports a run of a model to the host: the tree of modules first, then calls and operators as they happen."""

import dataclasses

from . import bridge

# The recording that is under way, or None.
active = None
# PyTorch as the library has it: it says so itself, since it imports this module.
torch = None


def install(module):
    global torch
    torch = module


class Recording:
    """One run. Modules are known to the host by number, in the order in which the tree lists them."""

    told_routing = False
    # Whether modules that the tree does not have may be called all the same: each becomes a part of it.
    open = False

    def __init__(self, model):
        self.root = model
        self.ran = set()
        self.numbers = {}
        self.tree = []
        self._describe(model, "")
        self.depth = 0
        self.stack = []

    def paths(self):
        """Paths of the modules that are running, outermost first."""
        return [self.tree[n]["path"] for n in self.stack]

    def _adopt(self, module):
        before = len(self.tree)
        number = self._describe(module, type(module).__name__)
        bridge.pending.append(("tree", self.tree[before:], number))
        return number

    def _describe(self, module, path):
        number = self.numbers.get(module)
        if number is not None:
            return number
        number = self.numbers[module] = len(self.tree)
        type_, mro = types_of(type(module))
        record = {"path": path, "type": type_, "mro": mro, "weights": [], "children": [], "attrs": attributes_of(module)}
        handle = module.__dict__.get("_builtin")
        if handle is not None:
            record["builtin"] = handle
        self.tree.append(record)
        for kind, members in (("parameter", module._parameters), ("buffer", module._buffers)):
            for name, tensor in members.items():
                if tensor is not None:
                    record["weights"].append(
                        [name, kind, bool(tensor.requires_grad), tensor.__opcount_wire__(), tensor.shape, tensor.dtype]
                    )
        for name, child in module._modules.items():
            if child is not None:
                record["children"].append([name, self._describe(child, f"{path}.{name}" if path else name)])
        return number

    def cut(self, error):
        """
        Whether a run counts up to an error: all layers have run, and what is left sorts out rows that data picks, one by
        one (boxes, masks). It is told as one operator that is not counted.
        """
        if self.depth != 1 or not isinstance(error, bridge.UnknownValue) or not self._all_ran(self.root):
            return False
        return bridge.call("cut", str(error), *_raised_at(error))

    def _all_ran(self, module):
        number = self.numbers.get(module)
        if self.tree[number]["weights"] and number not in self.ran:
            return False
        if isinstance(module, torch.nn.MultiheadAttention):
            return True  # uses the weights of its parts without calling them
        return all(self._all_ran(child) for child in module._modules.values() if child is not None)

    def enter(self, module, args):
        number = self.numbers.get(module)
        if number is None:
            if not self.open or self.depth:
                return False  # made on the way: no part of the model's tree, as PyTorch's own tools see it
            number = self._adopt(module)
        bridge.pending.append(("enter", number, tensors_in(args)))
        self.depth += 1
        self.stack.append(number)
        self.ran.add(number)
        return True

    def leave(self, out):
        self.depth -= 1
        self.stack.pop()
        bridge.pending.append(("exit", tensors_in(out)))


def _raised_at(error):
    """File (by number) and line of the user's code that raised."""
    found = -1, 0
    trace = error.__traceback__
    while trace is not None:
        if bridge.is_users(trace.tb_frame.f_code.co_filename):
            found = bridge.file_number(trace.tb_frame.f_code.co_filename), trace.tb_lineno
        trace = trace.tb_next
    return found


class Stretch:
    """Marks everything that is recorded inside for tools: `grad-off`, `checkpoint`, `hidden`."""

    def __init__(self, name):
        self._name = name

    def __enter__(self):
        if active is not None:
            bridge.pending.append(("stretch", self._name, True))

    def __exit__(self, *_):
        if active is not None:
            bridge.pending.append(("stretch", self._name, False))


def backward(tensor):
    """Gradients are asked for: tools that count inside of a run see what they cost."""
    if active is not None:
        bridge.pending.append(("backward", tensor))


def tensors_in(value):
    """Tensors in nested tuples, lists, dicts and dataclasses, in order."""
    found = []
    _collect(value, found)
    return found


def _collect(value, found):
    if hasattr(type(value), "__opcount_tensors__"):
        _collect(value.__opcount_tensors__(), found)
    elif hasattr(value, "_store") and hasattr(value, "__opcount_wire__"):
        found.append(value)
    elif isinstance(value, (tuple, list)):
        for v in value:
            _collect(v, found)
    elif isinstance(value, dict):
        for v in value.values():
            _collect(v, found)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for f in dataclasses.fields(value):
            _collect(getattr(value, f.name, None), found)


def types_of(cls):
    """The class's name as conventions know it, and those of its bases below Module."""
    names = []
    for c in cls.__mro__:
        if c.__name__ == "Module" and c.__module__ == "torch.nn.modules.module":
            break
        if c is object:
            continue
        names.append(type_name(c))
    return names[0] if names else "Module", names or ["Module"]


def type_name(cls):
    own = cls.__dict__.get("_opcount_type")
    if own is not None:
        return own
    module = cls.__module__
    if module.startswith("torch.nn."):
        return f"torch.nn.{cls.__name__}" if getattr(torch.nn, cls.__name__, None) is cls else f"{module}.{cls.__name__}"
    # Of a package it is the full name that tools know a class by.
    return f"{module}.{cls.__qualname__}" if "." in module else cls.__name__


def attributes_of(module):
    """Arguments that describe a layer, in PyTorch's words."""
    describe = getattr(module, "__opcount_describe__", None)
    if describe is not None:
        return {k: _attribute(v) for k, v in describe().items()}
    return {}


def _attribute(value):
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else repr(value)
    if isinstance(value, (tuple, list)):
        return [_attribute(v) for v in value]
    return str(value)
