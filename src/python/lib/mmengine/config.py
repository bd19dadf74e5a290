"""Configurations: dictionaries with attributes, and Python files of them."""

import os

from _opcount.attributes import AttributeDict


class ConfigDict(AttributeDict):
    def __getattr__(self, name):
        if name in self:
            return self[name]
        raise AttributeError(f"'ConfigDict' object has no attribute '{name}'")


class Config(ConfigDict):
    @staticmethod
    def fromfile(filename, *args, **kwargs):
        """A file's own names, over those of the files in its `_base_`."""
        names = {}
        with open(filename) as f:
            exec(compile(f.read(), filename, "exec"), names)
        own = {k: v for k, v in names.items() if not k.startswith("__") and not callable(v) and not hasattr(v, "__path__")}
        bases = own.pop("_base_", [])
        made = Config()
        for base in [bases] if isinstance(bases, str) else bases:
            _merge(made, Config.fromfile(os.path.join(os.path.dirname(filename), base)))
        _merge(made, own)
        return made

    def merge_from_dict(self, options, allow_list_keys=True):
        for full, value in options.items():
            *path, last = full.split(".")
            node = self
            for part in path:
                node = node.setdefault(part, ConfigDict())
            node[last] = value


def _merge(into, other):
    for name, value in other.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict) and not value.get("_delete_"):
            _merge(into[name], value)
        else:
            into[name] = {k: v for k, v in value.items() if k != "_delete_"} if isinstance(value, dict) else value
