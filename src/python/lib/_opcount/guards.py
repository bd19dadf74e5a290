"""
Whether an import is guarded by its author: `try: import x except ImportError: x = None` expects the package to be absent.
Read from the source of the importing file, so that a program is answered as its author foresaw.
"""

import ast
import sys

from . import bridge, standins

_IMPORT_ERRORS = {"ImportError", "ModuleNotFoundError", "PackageNotFoundError", "Exception", "BaseException"}
_trees = {}


def importing_frame():
    """The frame that imports, and whether it only asks if a package is there (`importlib.util.find_spec`)."""
    frame = sys._getframe(2)
    while frame is not None:
        code = frame.f_code
        name = code.co_filename
        if code.co_name == "find_spec" and "importlib" in name and "util" in name:
            return frame, True
        if name.startswith(("<frozen importlib", bridge.ROOT)) or ("/importlib/" in name and name.startswith("/lib/python")):
            pass
        elif name.startswith("/lib/python") and "pkgutil" in name:
            return frame, True
        else:
            return frame, False
        frame = frame.f_back
    return None, False


def asking_file(frame):
    """The file that asks if a package is there: the first one behind the machinery of imports."""
    while frame is not None and (bridge.ROOT in frame.f_code.co_filename or "importlib" in frame.f_code.co_filename):
        frame = frame.f_back
    return frame.f_code.co_filename if frame is not None else ""


def verdict(frame):
    """
    "absent": the author has another way where the package is missing. "idle": the error is caught, and nothing is put in
    the package's place. None: the import is not guarded.
    """
    tree = _tree(frame.f_code.co_filename)
    if tree is None:
        return None
    for guard in reversed(_around(tree, frame.f_lineno)):
        if isinstance(guard, ast.With):
            return "idle"
        handler = next((h for h in guard.handlers if _catches(h.type)), None)
        if handler is not None:
            kind = None if _fails(handler) else _kind(guard, handler)
            return _settled(frame, tree, guard, handler) if kind == "absent" else kind
    return None


def _fails(handler):
    """Whether a handler cannot work itself: `a, b = None`."""
    unpacked = [n for n in handler.body if isinstance(n, ast.Assign) and any(isinstance(t, (ast.Tuple, ast.List)) for t in n.targets)]
    return any(isinstance(n.value, ast.Constant) for n in unpacked)


def _settled(frame, tree, guard, handler):
    """
    Where the names of a guarded import are needed all the same, they are given: the file raises without them, or sets them to
    None and never looks, so that no other way is there; or its decorators and base classes name them, whatever flag the guard
    has set.
    """
    names = _bound(guard)
    if names & _demanded(tree) or _unlooked(tree, guard, handler, names):
        return None
    if frame.f_code.co_name == "<module>":
        for name in names & _decorating(tree):
            frame.f_globals.setdefault(name, standins.Absent(_module_of(guard, name)))
    return "absent"


def _unlooked(tree, guard, handler, names):
    """Whether a handler only sets names to None, and the file never asks for one of them or for a flag of the guard."""
    sets = [n for n in handler.body if isinstance(n, ast.Assign)]
    others = [n for n in handler.body if not isinstance(n, (ast.Assign, ast.Expr, ast.Pass))]
    if others or not sets or any(not isinstance(n.value, ast.Constant) or n.value.value is not None for n in sets):
        return False
    flags = {t.id for n in [*sets, *guard.body, *guard.orelse] if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)}
    looked = set()
    for node in ast.walk(tree):
        test = getattr(node, "test", node if isinstance(node, (ast.Compare, ast.BoolOp)) else None)
        if isinstance(test, ast.AST):
            looked.update(n.id for n in ast.walk(test) if isinstance(n, ast.Name))
    used = {n.value.id for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name)}
    return not (names | flags) & looked and bool(names & used)


def _bound(guard):
    """Names that the imports of a guard bind."""
    imports = [n for n in guard.body if isinstance(n, (ast.Import, ast.ImportFrom))]
    return {a.asname or a.name.split(".")[0] for n in imports for a in n.names}


def _module_of(guard, name):
    for n in guard.body:
        for a in n.names if isinstance(n, (ast.Import, ast.ImportFrom)) else ():
            if (a.asname or a.name.split(".")[0]) == name:
                full = a.name if a.asname or isinstance(n, ast.ImportFrom) else name
                return f"{n.module}.{full}" if isinstance(n, ast.ImportFrom) and n.module else full
    return name


def _demanded(tree):
    """Names without which a file raises: `if name is None: raise …`."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and len(node.body) == 1 and isinstance(node.body[0], ast.Raise) and not node.orelse:
            test = node.test
            if isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and isinstance(test.ops[0], ast.Is):
                if isinstance(test.comparators[0], ast.Constant) and test.comparators[0].value is None:
                    found.add(test.left.id)
    return found


def _decorating(tree):
    """Names that a file's own functions and classes use where they are defined: decorators, bases, annotations, defaults."""
    found = set()
    for node in tree.body:
        parts = getattr(node, "decorator_list", []) + getattr(node, "bases", [])
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            parts += [node.args, *([node.returns] if node.returns else [])]
        found.update(n.id for part in parts for n in ast.walk(part) if isinstance(n, ast.Name))
    return found


def _tree(path):
    if path not in _trees:
        try:
            with open(path, "rb") as f:
                _trees[path] = ast.parse(f.read(), path)
        except (OSError, SyntaxError, ValueError):
            _trees[path] = None
    return _trees[path]


def _around(tree, line):
    """The `try` and `with suppress(…)` statements around a line, outermost first, within the same function."""
    found = []

    def visit(body):
        for node in body:
            if not node.lineno <= line <= (node.end_lineno or node.lineno):
                continue
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                found.clear()
            if isinstance(node, ast.Try) and node.body and _covers(node.body, line):
                found.append(node)
            if isinstance(node, ast.With) and any(_suppresses(i.context_expr) for i in node.items):
                found.append(node)
            for part in ("body", "orelse", "finalbody"):
                visit(getattr(node, part, []) if isinstance(getattr(node, part, None), list) else [])
            for handler in getattr(node, "handlers", []):
                visit(handler.body)

    visit(tree.body)
    return found


def _covers(body, line):
    return body[0].lineno <= line <= (body[-1].end_lineno or body[-1].lineno)


def _suppresses(call):
    return (
        isinstance(call, ast.Call)
        and getattr(call.func, "attr", getattr(call.func, "id", "")) == "suppress"
        and any(_catches(a) for a in call.args)
    )


def _catches(type_):
    if type_ is None:
        return True
    if isinstance(type_, ast.Tuple):
        return any(_catches(t) for t in type_.elts)
    return getattr(type_, "attr", getattr(type_, "id", None)) in _IMPORT_ERRORS


def _kind(guard, handler):
    """A handler that only passes, prints or raises leaves the names of the import unset: no other way is there."""
    if any(isinstance(n, ast.Raise) for n in handler.body):
        return "idle"
    acts = any(not isinstance(n, (ast.Pass, ast.Expr)) for n in handler.body)
    sets_flag = any(not isinstance(n, (ast.Import, ast.ImportFrom, ast.Expr, ast.Pass)) for n in guard.body)
    return "absent" if acts or sets_flag or guard.orelse else "idle"


def expected(frame):
    """
    What a program's own check of its data must give for the program to go on: `assert x`, `if x: raise`, `if not x: raise`.
    None where a branch is no such check.
    """
    tree = _tree(frame.f_code.co_filename)
    if tree is None:
        return None
    line = frame.f_lineno
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) and _covers([node.test], line):
            return _wanted(node.test, True)
        if (
            isinstance(node, ast.If)
            and _covers([node.test], line)
            and len(node.body) == 1
            and isinstance(node.body[0], ast.Raise)
            and not node.orelse
        ):
            return _wanted(node.test, False)
    return None


def _wanted(test, value):
    """The value of the one thing that a test looks at, for the whole to be `value`."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _wanted(test.operand, not value)
    if isinstance(test, ast.BoolOp):
        # All parts of an `and` must hold, none of an `or`.
        return (
            value
            if isinstance(test.op, ast.And) == value and not any(isinstance(v, (ast.UnaryOp, ast.BoolOp)) for v in test.values)
            else None
        )
    return value


def reset():
    _trees.clear()
