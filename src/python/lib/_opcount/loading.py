"""A file as the module that it is: within its package, where it has one, with or without `__init__.py`."""

import ast
import importlib
import importlib.util
import os
import sys
import types


def load(path, roots):
    """Imports the file. `roots`: folders to import from, some of which lie above it."""
    folder, name = os.path.split(path)
    parts = [os.path.splitext(name)[0]]
    level, tops = _imports(path)
    while level and os.path.exists(os.path.join(folder, "__init__.py")):
        folder, package = os.path.split(folder)
        parts.insert(0, package)
    while len(parts) - 1 < level and folder not in ("", "/"):
        folder, package = os.path.split(folder)
        parts.insert(0, package)
    if len(parts) == 1:
        # `from model.backbone import …` in model/model.py: the folder is the package, and the file must not hide it.
        above = next((r for r in roots if path.startswith(r + "/") and path[len(r) + 1 :].split("/")[0] in tops), None)
        if above is not None and parts[0] in tops:
            folder, parts = above, os.path.splitext(path[len(above) + 1 :])[0].split("/")
    if parts[-1] == "__init__" and len(parts) > 1:
        parts.pop()
    if len(parts) > 1:
        return _within(folder, parts, path)
    spec = importlib.util.spec_from_file_location(parts[0], path)
    module = importlib.util.module_from_spec(spec)
    if parts[0] not in sys.modules:
        sys.modules[parts[0]] = module
    spec.loader.exec_module(module)
    return module


def _within(folder, parts, path):
    sys.path.insert(0, folder)
    folders = [os.path.join(folder, *parts[:i]) for i in range(1, len(parts))]
    regular = all(os.path.exists(f + "/__init__.py") for f in folders)
    if regular and all(p.isidentifier() for p in parts) and parts[0] not in sys.modules:
        return importlib.import_module(".".join(parts))
    # Folders without `__init__.py`, or of which the names are not identifiers or are taken: packages made here.
    names = [p if p.isidentifier() else "".join(c if c.isalnum() else "_" for c in "_" + p) for p in parts]
    names[0] = names[0] if names[0] not in sys.modules else "_" + names[0]
    for i in range(1, len(names)):
        folder = os.path.join(folder, parts[i - 1])
        _package(".".join(names[:i]), folder)
    full = ".".join(names)
    spec = importlib.util.spec_from_file_location(full, path)
    module = sys.modules[full] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _package(name, folder):
    file = os.path.join(folder, "__init__.py")
    if os.path.exists(file):
        spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=[folder])
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    else:
        module = sys.modules[name] = types.ModuleType(name)
        module.__path__ = [folder]


def _imports(path):
    """The number of folders that a file's relative imports go up, and the first names of its absolute ones."""
    try:
        with open(path, "rb") as f:
            tree = ast.parse(f.read(), path)
    except (OSError, SyntaxError, ValueError):
        return 0, set()
    level, tops = 0, set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            level = max(level, node.level)
            if not node.level and node.module and "." in node.module:
                tops.add(node.module.split(".")[0])
        elif isinstance(node, ast.Import):
            tops.update(n.name.split(".")[0] for n in node.names if "." in n.name)
    return level, tops
