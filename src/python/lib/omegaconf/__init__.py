"""OmegaConf: nested settings with attributes and `${…}` references."""

import re

import yaml
from _opcount.attributes import AttributeDict

MISSING = "???"
II = lambda name: "${" + name + "}"
SI = lambda text: text
_REFERENCE = re.compile(r"\$\{([^${}]+)\}")


class DictConfig(AttributeDict):
    def __init__(self, content=None, **_):
        object.__setattr__(self, "_root", None)
        super().__init__(content)

    @classmethod
    def _wrapped(cls, value):
        if isinstance(value, (list, tuple)) and not isinstance(value, ListConfig):
            return ListConfig(value)
        return DictConfig(value) if isinstance(value, dict) and not isinstance(value, DictConfig) else value

    def __setitem__(self, name, value):
        super().__setitem__(name, value)
        held = dict.__getitem__(self, name)
        if isinstance(held, (DictConfig, ListConfig)):
            held._rooted(self._root if self._root is not None else self)

    def _rooted(self, root):
        object.__setattr__(self, "_root", root)
        for value in dict.values(self):
            if isinstance(value, (DictConfig, ListConfig)):
                value._rooted(root)

    def __getitem__(self, name):
        return _resolved(dict.__getitem__(self, name), self._root if self._root is not None else self)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name] if name in self else None

    def get(self, name, default=None):
        return self[name] if name in self else default

    def items(self):
        return [(k, self[k]) for k in self]

    def values(self):
        return [self[k] for k in self]


class ListConfig(list):
    def __init__(self, content=(), **_):
        super().__init__(DictConfig._wrapped(v) for v in content)
        self._root = None

    def _rooted(self, root):
        self._root = root
        for value in list.__iter__(self):
            if isinstance(value, (DictConfig, ListConfig)):
                value._rooted(root)

    def __getitem__(self, i):
        found = list.__getitem__(self, i)
        return ListConfig(found) if isinstance(i, slice) else _resolved(found, self._root)

    def __iter__(self):
        return (_resolved(v, self._root) for v in list.__iter__(self))


def _resolved(value, root):
    if not isinstance(value, str) or root is None or "${" not in value:
        return value
    whole = _REFERENCE.fullmatch(value)
    find = lambda path: OmegaConf.select(root, path.lstrip("."))
    return find(whole.group(1)) if whole else _REFERENCE.sub(lambda m: str(find(m.group(1))), value)


class OmegaConf:
    @staticmethod
    def create(obj=None, *args, **kwargs):
        if isinstance(obj, str):
            obj = yaml.safe_load(obj)
        return ListConfig(obj) if isinstance(obj, (list, tuple)) else DictConfig(obj or {})

    structured = create

    @staticmethod
    def load(file):
        if hasattr(file, "read"):
            return OmegaConf.create(yaml.safe_load(file))
        with open(file) as f:
            return OmegaConf.create(yaml.safe_load(f))

    @staticmethod
    def merge(*configs):
        made = DictConfig()
        for config in configs:
            _merge(made, config if isinstance(config, dict) else OmegaConf.create(config))
        return made

    @staticmethod
    def to_container(cfg, resolve=False, **_):
        if isinstance(cfg, dict):
            return {k: OmegaConf.to_container(cfg[k] if resolve else dict.__getitem__(cfg, k), resolve) for k in cfg}
        if isinstance(cfg, list):
            return [OmegaConf.to_container(v, resolve) for v in (cfg if resolve else list.__iter__(cfg))]
        return cfg

    to_object = to_container

    @staticmethod
    def select(cfg, key, default=None):
        for part in key.split("."):
            if isinstance(cfg, list) and part.isdigit():
                cfg = cfg[int(part)]
            elif isinstance(cfg, dict) and part in cfg:
                cfg = cfg[part]
            else:
                return default
        return cfg

    @staticmethod
    def update(cfg, key, value=None, **_):
        *path, last = key.split(".")
        for part in path:
            cfg = cfg[part]
        cfg[last] = value

    @staticmethod
    def is_config(obj):
        return isinstance(obj, (DictConfig, ListConfig))

    @staticmethod
    def is_list(obj):
        return isinstance(obj, ListConfig)

    @staticmethod
    def is_dict(obj):
        return isinstance(obj, DictConfig)

    @staticmethod
    def is_missing(cfg, key):
        return cfg.get(key) == MISSING

    set_struct = set_readonly = resolve = register_new_resolver = register_resolver = staticmethod(lambda *args, **kwargs: None)

    @staticmethod
    def to_yaml(cfg, **_):
        return str(OmegaConf.to_container(cfg))

    @staticmethod
    def from_dotlist(dotlist):
        made = DictConfig()
        for item in dotlist:
            name, _, value = item.partition("=")
            *path, last = name.split(".")
            node = made
            for part in path:
                node = node.setdefault(part, {})
            node[last] = yaml.safe_load(value)
        return made


def _merge(into, other):
    for name in other:
        value = dict.__getitem__(other, name)
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            _merge(into[name], value)
        else:
            into[name] = value


def open_dict(config):
    import contextlib

    return contextlib.nullcontext(config)


read_write = flag_override = open_dict


class OmegaConfBaseException(Exception):
    pass
