"""
What a model has from packages that are not installed: parts that they made, bases of its classes, calls that were handed
its modules. Nothing of it is counted, so each is told in a note.
"""

from . import standins

# Bases that hold no weights of their own: they save, load, register or train what a class defines itself.
_HARMLESS = ("Mixin", "LightningModule", "PreTrainedModel", "BaseModule", "BaseModel", "Protocol", "ABC")


def notes(model):
    """The message about missing parts of a model."""
    modules = dict(model.named_modules())
    told = []
    for path, module in modules.items():
        for name, value in _kept(module):
            where = f"{path}.{name}".strip(".") or "the model"
            told.append(f"{where} is {value}, and {standins.why(value)}: what parameters and work it has are not counted")
    for base, cls in sorted({(b, c) for m in modules.values() for b, c in _bases(type(m))}):
        told.append(f"{cls} is built on {base}, and {standins.why(base)}: what parameters that base has are not counted")
    own = set(modules.values())
    for name, place, given in standins.handed:
        if not own.isdisjoint(given) or any(model in m.modules() for m in given):
            told.append(f"{name} was given the model{place}, and {standins.why(name)}: what it would change is not counted")
    return [f"{t} (give its folder with --python-path)" for t in dict.fromkeys(told)]


def _kept(module):
    name = module.__dict__.get("_opcount_absent_part")
    if name is not None:
        yield "", name
    for key, value in module.__dict__.items():
        if not key.startswith("_"):
            yield from _results(key, value, 2)


def _results(key, value, depth):
    if isinstance(value, standins.Result):
        yield key, standins.name_of(value)
    elif depth and type(value) in (list, tuple):
        for i, v in enumerate(value):
            yield from _results(f"{key}.{i}", v, depth - 1)
    elif depth and type(value) is dict:
        for k, v in value.items():
            yield from _results(f"{key}.{k}", v, depth - 1)


def _bases(cls):
    for c in cls.__mro__:
        for base in c.__bases__:
            name = base.__dict__.get("_opcount_absent")
            if name is not None and base is not standins.AbsentBase and not name.endswith(_HARMLESS):
                yield name, c.__name__
