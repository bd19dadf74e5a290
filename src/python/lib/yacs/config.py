"""CfgNode: nested settings that can be frozen, and merged from YAML, files and lists."""

import ast
import copy

import yaml
from _opcount.attributes import AttributeDict


class CfgNode(AttributeDict):
    def __init__(self, init_dict=None, key_list=None, new_allowed=False):
        object.__setattr__(self, "_frozen", False)
        object.__setattr__(self, "_new_allowed", new_allowed)
        super().__init__(init_dict)

    def __setattr__(self, name, value):
        if self.__dict__.get("_frozen"):
            raise AttributeError(f"Attempted to set {name} to {value}, but CfgNode is immutable")
        self[name] = value

    def freeze(self):
        self._immutable(True)

    def defrost(self):
        self._immutable(False)

    def is_frozen(self):
        return self._frozen

    def _immutable(self, frozen):
        object.__setattr__(self, "_frozen", frozen)
        for value in self.values():
            if isinstance(value, CfgNode):
                value._immutable(frozen)

    def set_new_allowed(self, is_new_allowed):
        object.__setattr__(self, "_new_allowed", is_new_allowed)

    def is_new_allowed(self):
        return self._new_allowed

    def clone(self):
        return copy.deepcopy(self)

    def __deepcopy__(self, memo):
        made = type(self)(new_allowed=self._new_allowed)
        for name, value in self.items():
            dict.__setitem__(made, name, copy.deepcopy(value, memo))
        return made

    def merge_from_file(self, cfg_filename):
        with open(cfg_filename) as f:
            self.merge_from_other_cfg(type(self)(yaml.safe_load(f) or {}))

    def merge_from_other_cfg(self, cfg_other):
        for name, value in cfg_other.items():
            if name not in self and not self._new_allowed:
                raise KeyError(f"Non-existent config key: {name}")
            if isinstance(value, CfgNode) and isinstance(self.get(name), CfgNode):
                self[name].merge_from_other_cfg(value)
            else:
                self[name] = value

    def merge_from_list(self, cfg_list):
        for full, value in zip(cfg_list[0::2], cfg_list[1::2]):
            at, *rest = full.split(".")
            node = self
            while rest:
                node, at, rest = node[at], rest[0], rest[1:]
            if at not in node:
                raise KeyError(f"Non-existent key: {full}")
            node[at] = _read(value)

    def dump(self, **kwargs):
        return str(self.to_dict())

    @classmethod
    def load_cfg(cls, cfg_file_obj_or_str):
        text = cfg_file_obj_or_str if isinstance(cfg_file_obj_or_str, str) else cfg_file_obj_or_str.read()
        return cls(yaml.safe_load(text))

    def register_deprecated_key(self, key):
        return None

    register_renamed_key = lambda self, old_name, new_name, message=None: None


def _read(value):
    if not isinstance(value, str):
        return value
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return value


load_cfg = CfgNode.load_cfg
