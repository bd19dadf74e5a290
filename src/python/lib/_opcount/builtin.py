"""Built-in models as modules of Python. Layers are PyTorch's own; what is larger runs its forward with the host."""

from . import bridge, recorder, runs

_classes = {}


def has(name):
    return bridge.call("has-builtin", name)


def build(name, options):
    """A model by name: all its modules can be inspected, changed and called."""
    Module = recorder.torch.nn.Module
    made = [_make(record) for record in bridge.call("builtin", name, options)]
    for module, record in made:
        for child, index in record["children"]:
            Module.add_module(module, child, made[index][0]) if child not in module._modules else module._modules.update(
                {child: made[index][0]}
            )
    return made[0][0]


def _make(record):
    nn = recorder.torch.nn
    name = record["type"]
    module = None
    if name.startswith("torch.nn.") and not record["backed"]:
        module = _layer(name, record)
    if module is None:
        cls = _class(tuple(record["mro"]), record["backed"])
        module = cls.__new__(cls)
        nn.Module.__init__(module)
        _weights(module, record)
    module.__dict__["_builtin"] = record["handle"]
    module.__dict__["_builtin_attrs"] = record["attrs"]
    return module, record


def _layer(name, record):
    """A layer by its settings; None where they are not all that it takes."""
    nn = recorder.torch.nn
    path = name.split(".")[2:]
    cls = nn
    for part in path:
        cls = getattr(cls, part)
    settings = {k: tuple(v) if isinstance(v, list) else v for k, v in record["attrs"].items()}
    if issubclass(cls, (nn.Sequential, nn.ModuleList, nn.ModuleDict)):
        return cls()
    try:
        module = cls(**settings)
    except TypeError:
        return None
    own = {n: list(t.shape) for n, t in (*module._parameters.items(), *module._buffers.items()) if t is not None}
    if own != {w[0]: w[3] for w in record["weights"]}:
        _weights(module, record)
    return module


def _weights(module, record):
    nn, local, dtype = recorder.torch.nn, recorder.torch._tensor.local, recorder.torch.dtype
    for kind in (module._parameters, module._buffers):
        kind.clear()
    for name, kind, trains, shape, type_ in record["weights"]:
        tensor = local(tuple(shape), dtype._known[type_])
        if kind == "parameter":
            module._parameters[name] = nn.Parameter(tensor, requires_grad=trains)
        else:
            module._buffers[name] = tensor


def _class(mro, backed):
    nn = recorder.torch.nn
    found = _classes.get((mro, backed))
    if found is None:
        base = nn.Module
        if len(mro) > 1:
            base = _class(mro[1:], False)
        name = mro[0]
        if name.startswith("torch.nn."):
            found = nn
            for part in name.split(".")[2:]:
                found = getattr(found, part)
        else:
            package, _, short = name.rpartition(".")
            body = {
                "__module__": package or "torchvision.models",
                "_opcount_type": name,
                "__opcount_describe__": lambda self: self.__dict__["_builtin_attrs"],
            }
            if backed:
                body["forward"] = _forward
            found = type(short, (base,), body)
        _classes[(mro, backed)] = found
    return found


def _forward(self, *args, **kwargs):
    if recorder.active is None:
        # Called to see what comes out: a run of its own, of which nothing is kept.
        return runs.shapes(self, args)
    file, line = bridge.place()
    args = (*args, *kwargs.values())
    return _told(bridge.call("builtin-forward", self.__dict__["_builtin"], self.training, args, file, line)["out"])


def _told(value):
    _made = recorder.torch._dispatch._made
    if isinstance(value, list):
        return tuple(_told(v) for v in value)
    if isinstance(value, dict):
        return _made(value["tensor"], ())
    return value
