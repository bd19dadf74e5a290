"""Classes by name, built from dictionaries that name them."""


class Registry:
    def __init__(self, name, build_func=None, parent=None, scope=None, locations=()):
        self._name, self._modules, self._parent, self._build = name, {}, parent, build_func

    def __contains__(self, key):
        return self.get(key) is not None

    def __len__(self):
        return len(self._modules)

    @property
    def name(self):
        return self._name

    @property
    def module_dict(self):
        return self._modules

    def get(self, key):
        found = self._modules.get(str(key).rpartition(".")[2]) or self._modules.get(key)
        return found if found is not None or self._parent is None else self._parent.get(key)

    def register_module(self, name=None, force=False, module=None):
        def keep(cls):
            for key in [name] if isinstance(name, str) else name or [cls.__name__]:
                self._modules[key] = cls
            return cls

        if module is None and callable(name):
            cls, name = name, None
            return keep(cls)
        return keep if module is None else keep(module)

    def build(self, cfg, *args, default_args=None, **kwargs):
        if self._build is not None:
            return self._build(cfg, *args, registry=self, **kwargs)
        return build_from_cfg(cfg, self, default_args)


def build_from_cfg(cfg, registry, default_args=None):
    if not isinstance(cfg, dict):
        raise TypeError(f"cfg must be a dict, but got {type(cfg)}")
    args = {**(default_args or {}), **cfg}
    kind = args.pop("type")
    cls = registry.get(kind) if isinstance(kind, str) else kind
    if cls is None:
        raise KeyError(f"{kind} is not in the {registry.name} registry")
    return cls(**args)


def build_model_from_cfg(cfg, registry, default_args=None):
    from torch import nn

    if isinstance(cfg, list):
        return nn.Sequential(*[build_from_cfg(c, registry, default_args) for c in cfg])
    return build_from_cfg(cfg, registry, default_args)


MODELS = Registry("model")
DATASETS, TRANSFORMS, METRICS, HOOKS, RUNNERS, TASK_UTILS, VISUALIZERS, OPTIM_WRAPPERS, OPTIMIZERS, PARAM_SCHEDULERS, LOOPS = (
    Registry(n)
    for n in (
        "dataset",
        "transform",
        "metric",
        "hook",
        "runner",
        "task util",
        "visualizer",
        "optim_wrapper",
        "optimizer",
        "parameter scheduler",
        "loop",
    )
)
