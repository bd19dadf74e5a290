"""Jobs of the host: build a model from a file and run it, or run a script; and report why that fails."""

import ast
import errno
import importlib
import inspect
import os
import sys
import traceback
import types
import warnings

from . import bridge, closed, finder, guards, loading, recorder, requirements, runs, standins
from .bridge import UnknownValue
from .inputs import Wanted, arguments

_baseline = None


def lock():
    """Takes away what leads out of Python, and remembers what was there before any program."""
    global _baseline
    sys.dont_write_bytecode = True
    from . import machine, own

    closed.close()
    own.install()
    finder.install()
    machine.pose()
    warnings.filterwarnings("ignore", category=SyntaxWarning)
    _baseline = (set(sys.modules), list(sys.path))


def _reset():
    modules, path = _baseline
    for name, module in list(sys.modules.items()):
        # The library's packages may be on the program's paths too, and are then looked for there first.
        brought = (getattr(module, "__file__", None) or "").startswith(bridge.ROOT) and name.split(".")[0] not in ("_opcount", *finder.OURS)
        if name not in modules or brought:
            del sys.modules[name]
    sys.path[:] = path
    importlib.invalidate_caches()
    bridge.reset()
    guards.reset()
    requirements.reset()
    standins.handed.clear()
    import linecache

    import torch

    linecache.clearcache()
    torch.set_default_dtype(torch.float32)
    recorder.active = None
    torch._tensor._recording[0] = False
    torch._grad_mode.reset()
    torch._symbols.restore()


def main():
    """Does the one job that the host has."""
    _reset()
    job = bridge.call("job")
    sys.argv = [job["path"], *job.get("argv", [])]
    os.chdir(job.get("cwd", "/"))
    # The program's own folders come before ours: another torchvision may be there.
    sys.path[:0] = [os.path.dirname(job["path"]), *job["paths"]]
    try:
        if job["kind"] == "script":
            _script(job["path"])
        else:
            _profile(job)
    except SystemExit as e:
        code = e.code
        if code is not None and not isinstance(code, int):
            print(code, file=sys.stderr)
            code = 1
        bridge.call("exit", int(code or 0) & 0xFF)
    except BaseException as e:
        bridge.pending.clear()
        bridge.call("failed", describe(e))
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _script(path):
    with open(path, "rb") as f:
        source = f.read()
    main_module = types.ModuleType("__main__")
    main_module.__file__ = path
    main_module.__builtins__ = __builtins__
    sys.modules["__main__"] = main_module
    exec(compile(source, path, "exec"), main_module.__dict__)


# --- a model


def _profile(job):
    module = loading.load(job["path"], job["paths"])
    target = job.get("target")
    model = _model(module, target, job["path"])
    args, kwargs, names = arguments(model, job["inputs"])
    ledger = runs.record(model, args, kwargs, names, train=bool(job.get("train")))
    bridge.call("result", ledger)


def _model(module, target, path):
    import torch

    file = os.path.basename(path)
    if target:
        try:
            tree = ast.parse(target, mode="eval")
        except SyntaxError:
            raise Wanted(f"{target!r} is not a name or call", f"write {file}:Net, {file}:build(width=64) or {file}:model") from None
        first = next((n.id for n in ast.walk(tree) if isinstance(n, ast.Name)), None)
        if first is not None and not hasattr(module, first) and not hasattr(__builtins__, first) and first not in __builtins__:
            raise Wanted(f"{file} has no {first}", _suggest(module, file))
        found = eval(compile(tree, "<target>", "eval"), module.__dict__)
    else:
        found = _only(module, file)
    if isinstance(found, type) and issubclass(found, torch.nn.Module):
        needed = [
            p for p in _parameters(found) if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
        ]
        if needed:
            names = ", ".join(f"{p.name}=…" for p in needed)
            raise Wanted(
                f"{found.__name__} needs arguments: {', '.join(p.name for p in needed)}", f"write {file}:{found.__name__}({names})"
            )
        return found()
    if isinstance(found, torch.nn.Module):
        return found
    if callable(found):
        made = found()
        if isinstance(made, torch.nn.Module):
            return made
        found = made
    raise Wanted(f"{target or file} is a {type(found).__name__}, not a torch.nn.Module", _suggest(module, file))


def _parameters(cls):
    try:
        return list(inspect.signature(cls).parameters.values())
    except (TypeError, ValueError):
        return []


def _own(module):
    """The names that the file itself defines."""
    import torch

    found = [v for v in vars(module).values() if isinstance(v, type) and issubclass(v, torch.nn.Module) and v.__module__ == module.__name__]
    classes = list(dict.fromkeys(found))  # `Net = Encoder` is one class
    instances = [k for k, v in vars(module).items() if isinstance(v, torch.nn.Module)]
    return classes, instances


def _only(module, file):
    """The model of a file that names none: the one that there is, or the one that the others are parts of."""
    classes, instances = _own(module)
    if len(instances) == 1:
        return vars(module)[instances[0]]
    free = [
        c
        for c in classes
        if not any(p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in _parameters(c))
    ]
    whole = [c for c in free if not any(c is not other and (issubclass(other, c) or c.__name__ in _names_in(other)) for other in classes)]
    if not instances and len(whole) == 1:
        return whole[0]
    if not classes and not instances:
        raise Wanted(f"{file} defines no torch.nn.Module", f"name what builds the model: {file}:factory(…)")
    raise Wanted(f"{file} has more than one model", _suggest(module, file))


def _names_in(cls):
    """Names that the methods of a class use."""
    codes = [f.__code__ for f in vars(cls).values() if inspect.isfunction(f)]
    names = set()
    while codes:
        code = codes.pop()
        names.update(code.co_names)
        codes.extend(c for c in code.co_consts if inspect.iscode(c))
    return names


def _suggest(module, file):
    classes, instances = _own(module)
    names = [*instances, *(c.__name__ for c in classes)]
    return "there are " + ", ".join(f"{file}:{n}" for n in names[:8]) if names else "give the file that defines the model"


# --- errors


def _ours(frame):
    name = frame.filename
    return name.startswith(bridge.ROOT) or name.startswith("<frozen") or name in ("<exec>", "<target>") or name.startswith("/lib/python")


def describe(e):
    """An error of the program in the program's own words: its frames, and none of ours."""
    message = e.msg if isinstance(e, SyntaxError) and e.msg else str(e)
    told = {"type": type(e).__name__, "message": message, "hint": getattr(e, "hint", None), "code": getattr(e, "code", None)}
    if isinstance(e, Wanted):
        return told | {"wanted": True}
    if isinstance(e, OSError) and e.errno in _WRITING and told["hint"] is None:
        told["hint"] = "nothing is written in a profile: leave out what saves files, or give the option that turns it off"
    summary = traceback.TracebackException.from_exception(e, compact=True)
    _filter(summary)
    told["unknown"] = isinstance(e, UnknownValue)
    if isinstance(e, SyntaxError):
        told["file"], told["line"] = e.filename, e.lineno
    frames = [f for f in summary.stack or () if not _ours(f)]
    if frames:
        told["file"], told["line"] = frames[-1].filename, frames[-1].lineno
    told["traceback"] = _placed(told) + "".join(summary.format())
    return told


# Errors of files and folders that may only be read.
_WRITING = (errno.EACCES, errno.EPERM, errno.EROFS, 69)
# Errors of opcount's own: their words say it all.
_UNNAMED = ("UnknownValue", "OpcountError", "AbsentError", "AbsentAttribute")


def _placed(told):
    """The error with its place in one line, before the way to it: `net.py:12: RuntimeError: …`."""
    place = f"{os.path.basename(told['file'])}:{told['line']}: " if told.get("file") else ""
    kind = "" if told["type"] in _UNNAMED else told["type"] + (": " if told["message"] else "")
    return f"{place}{kind}{told['message']}\n"


def _filter(summary):
    seen = set()
    while summary is not None and id(summary) not in seen:
        seen.add(id(summary))
        kept = [f for f in summary.stack if not _ours(f)]
        if kept:
            summary.stack[:] = kept
        elif getattr(summary, "lineno", None) is not None:
            summary.stack = None  # a file that is no Python has not run: its own line is all there is to show
        cause = summary.__cause__ or (None if summary.__suppress_context__ else summary.__context__)
        summary = cause
