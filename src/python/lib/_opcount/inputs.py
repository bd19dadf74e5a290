"""Inputs of a model as they were asked for: tensors by shape, and lists, dictionaries, numbers, texts and None around them."""

import ast
import inspect
import re

from . import recorder

_SHAPE = re.compile(r"[\w*+\-/ ]+(?:x[\w*+\-/ ]+)*")
_WORDS = {"None": None, "True": True, "False": False}


class Wanted(Exception):
    """The caller's input does not lead to a model."""

    def __init__(self, message, hint):
        super().__init__(message)
        self.hint = hint


def arguments(model, specs):
    """Positional arguments, keyword arguments, and the names by which reports know the tensors among them."""
    if not specs:
        raise Wanted("the inputs of the model are not known", f"give their shapes: --input 1x3x224x224{_signature(model)}")
    given = [_read(spec) if isinstance(spec, str) else (spec.get("name"), _tensor(spec["shape"], spec.get("dtype"))) for spec in specs]
    args = [value for name, value in given if not name]
    named = {name: value for name, value in given if name}
    names = _names(given)
    parameters = _forward_parameters(model)
    if named and parameters is not None and len(parameters) == 1 + len(args) and not any(n.split(".")[0] in parameters for n in named):
        # One argument that takes them all: a dict.
        return (*args, named), {}, names
    kwargs = {}
    for name, value in named.items():
        _put(kwargs, name.split("."), value)
    kwargs = {k: _listed(v) for k, v in kwargs.items()}
    unknown = [n for n in kwargs if parameters is not None and n not in parameters and not _takes_any(model)]
    if unknown:
        raise Wanted(f"forward has no argument {unknown[0]!r}", f"it takes {', '.join(parameters)}" if parameters else "it takes none")
    return tuple(args), kwargs, names


def _put(into, path, value):
    for part in path[:-1]:
        into = into.setdefault(part, {})
    into[path[-1]] = value


def _listed(value):
    """`x.0` and `x.1` make a list."""
    if not isinstance(value, dict):
        return value
    value = {k: _listed(v) for k, v in value.items()}
    if value and all(isinstance(k, str) and k.isdigit() for k in value):
        return [value[k] for k in sorted(value, key=int)]
    return value


def _names(given):
    """A name for each tensor, in the order in which a run meets them."""
    names = []
    for name, value in sorted(given, key=lambda pair: bool(pair[0])):
        found = recorder.tensors_in(value)
        names += [(f"{name}.{i}" if name else "") if len(found) > 1 else name or "" for i in range(len(found))]
    return names


def _tensor(shape, dtype=None):
    torch = recorder.torch
    extents = [torch.SymInt(d) if isinstance(d, str) else d for d in shape]
    return torch._tensor.local(torch.Size(extents), torch.dtype._known[dtype or "float32"])


# --- text: `x=[1x3x8x8, 1x3x4x4]`, `state=(2x1x32, 2x1x32)`, `mask=None`, `n:=3`, `mode='fast'`


def _read(text):
    match = re.match(r"\s*([A-Za-z_][\w.]*)\s*(:?=)\s*(.*)$", text, re.S)
    name, sign, rest = match.groups() if match else (None, "=", text.strip())
    if sign == ":=":
        try:
            return name, ast.literal_eval(rest)
        except (ValueError, SyntaxError):
            raise Wanted(f"--input {text}: {rest!r} is not a value", "write a number, a text in quotes, None, or a list of these") from None
    value, left = _value(rest, text)
    if left.strip():
        raise Wanted(
            f"--input {text}: {left.strip()!r} is left over",
            "write shapes as 1x3x224x224, lists as [1x3x8x8, 1x3x4x4], other values as name:=3",
        )
    return name, value


def _value(text, whole):
    """The value at the front of a text, and what comes after it."""
    text = text.lstrip()
    if text[:1] in "[({" and text:
        return _container(text, whole)
    quoted = re.match(r"'[^']*'|\"[^\"]*\"", text)
    if quoted:
        return quoted.group()[1:-1], text[quoted.end() :]
    word = re.match(r"(None|True|False)\b", text)
    if word:
        return _WORDS[word.group()], text[word.end() :]
    number = re.match(r"-?\d+\.\d*(?:[eE][-+]?\d+)?(?![\w.])", text)
    if number:
        return float(number.group()), text[number.end() :]
    shape = _SHAPE.match(text)
    if not shape or not shape.group().strip():
        raise Wanted(f"--input {whole}: {text[:20]!r} is not a shape or a value", "write shapes as 1x3x224x224, other values as name:=3")
    rest, dtype = text[shape.end() :], None
    kind = re.match(r":\s*(\w+)", rest)
    if kind:
        dtype, rest = kind.group(1), rest[kind.end() :]
        if dtype not in recorder.torch.dtype._known:
            raise Wanted(f"--input {whole}: {dtype} is not a dtype", "float32, int64, bool, …")
    parts = [p.strip() for p in shape.group().strip().split("x")]
    return _tensor([int(p) if p.isdigit() else p for p in parts], dtype), rest


def _container(text, whole):
    close = {"[": "]", "(": ")", "{": "}"}[text[0]]
    items, rest = [], text[1:].lstrip()
    while rest and rest[0] != close:
        key = None
        if close == "}":
            named = re.match(r"['\"]?(\w+)['\"]?\s*:\s*", rest)
            if not named:
                raise Wanted(f"--input {whole}: a dictionary has names: {{image: 1x3x8x8}}", "write {name: shape, …}")
            key, rest = named.group(1), rest[named.end() :]
        value, rest = _value(rest, whole)
        items.append((key, value))
        rest = rest.lstrip()
        if rest[:1] == ",":
            rest = rest[1:].lstrip()
        elif rest[:1] != close:
            break
    if rest[:1] != close:
        raise Wanted(f"--input {whole}: {text[0]} is not closed", f"end it with {close}")
    values = [v for _, v in items]
    made = dict(items) if close == "}" else values if close == "]" else tuple(values)
    return made, rest[1:]


def _forward_parameters(model):
    try:
        all_ = inspect.signature(model.forward).parameters.values()
    except (TypeError, ValueError):
        return None
    return [p.name for p in all_ if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]


def _takes_any(model):
    return any(p.kind is p.VAR_KEYWORD for p in inspect.signature(model.forward).parameters.values())


def _signature(model):
    names = _forward_parameters(model)
    return f" (forward takes {', '.join(names)})" if names else ""
