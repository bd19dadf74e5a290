"""Registries of classes by name."""


class Registry:
    def __init__(self, name):
        self._name, self._obj_map = name, {}

    def register(self, obj=None, suffix=None):
        if obj is None:
            return lambda made: self.register(made, suffix)
        self._obj_map[obj.__name__ + (f"_{suffix}" if suffix else "")] = obj
        return obj

    def get(self, name, suffix="basicsr"):
        found = self._obj_map.get(name) or self._obj_map.get(f"{name}_{suffix}")
        if found is None:
            raise KeyError(f"No object named '{name}' found in '{self._name}' registry!")
        return found

    def __contains__(self, name):
        return name in self._obj_map

    def keys(self):
        return self._obj_map.keys()


DATASET_REGISTRY, ARCH_REGISTRY, MODEL_REGISTRY, LOSS_REGISTRY, METRIC_REGISTRY = (
    Registry(n) for n in ("dataset", "arch", "model", "loss", "metric")
)
