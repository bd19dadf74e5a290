"""`torchvision.models.resnet50(weights=None)`: opcount's built-in models, as modules that can be taken apart and changed."""

import importlib
import importlib.abc
import importlib.machinery
import sys
import types

from _opcount import builtin

# Arguments of all of torchvision's factories that say which weights to load: there are none.
_WEIGHTS = {"weights", "pretrained", "progress", "weights_backbone", "pretrained_backbone", "quantize"}


class Weights:
    """`ResNet50_Weights.DEFAULT`: a name, for code that chooses weights or prints them."""

    def __init__(self, name):
        self._name = name

    def __repr__(self):
        return self._name

    @property
    def meta(self):
        return {"categories": [f"class {i}" for i in range(1000)], "num_params": None}

    def transforms(self, *args, **kwargs):
        from torch._noop import Nothing

        return Nothing()

    def get_state_dict(self, *args, **kwargs):
        return {}


class WeightsClass:
    def __init__(self, name):
        self.__name__ = name

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Weights(f"{self.__name__}.{name}")

    def verify(self, obj):
        return obj


def _factory(name):
    def build(**kwargs):
        options = {k: v for k, v in kwargs.items() if k not in _WEIGHTS and v is not None}
        if name in ("googlenet", "inception_v3"):
            options.pop("init_weights", None)
        return builtin.build(name, options)

    def factory(*args, **kwargs):
        # The one argument that is given by position is the weights, or whether there are any.
        return build(**kwargs)

    factory.__name__ = factory.__qualname__ = name
    factory.__module__ = "torchvision.models"
    return factory


def get_model(name, **config):
    return __getattr__(name.lower())(**config)


def list_models(*args, **kwargs):
    return sorted(n for n in _NAMES if builtin.has(n))


def get_model_builder(name):
    return __getattr__(name.lower())


def get_weight(name):
    return Weights(name)


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    if name.endswith("_Weights"):
        return WeightsClass(name)
    written = _written(name)
    if written is not None:
        return written
    if builtin.has(name):
        made = globals()[name] = _factory(name)
        return made
    raise AttributeError(
        f"module 'torchvision.models' has no attribute '{name}' in opcount: it has torchvision's classifiers; give a checkout of torchvision with --python-path for the rest"
    )


# Families that are classes of Python here: programs inherit from them.
_WRITTEN = ("resnet", "vgg", "densenet")


def _written(name):
    if name in _WRITTEN or name in ("_utils", "feature_extraction", "utils"):
        return importlib.import_module("torchvision.models." + name)
    for family in _WRITTEN:
        module = importlib.import_module("torchvision.models." + family) if name in _NAMES or name[:1].isupper() else None
        if module is not None and name in vars(module) and (name in module.FACTORIES or name[:1].isupper()):
            return vars(module)[name]
    return None


_FAMILIES = (
    "alexnet convnext efficientnet googlenet inception maxvit mnasnet mobilenet mobilenetv2 mobilenetv3 regnet"
    " shufflenetv2 squeezenet swin_transformer vision_transformer"
).split()
_NAMES = (
    "alexnet convnext_base convnext_large convnext_small convnext_tiny densenet121 densenet161 densenet169 densenet201"
    " efficientnet_b0 efficientnet_b1 efficientnet_b2 efficientnet_b3 efficientnet_b4 efficientnet_b5 efficientnet_b6"
    " efficientnet_b7 efficientnet_v2_l efficientnet_v2_m efficientnet_v2_s googlenet inception_v3 maxvit_t mnasnet0_5"
    " mnasnet0_75 mnasnet1_0 mnasnet1_3 mobilenet_v2 mobilenet_v3_large mobilenet_v3_small regnet_x_16gf regnet_x_1_6gf"
    " regnet_x_32gf regnet_x_3_2gf regnet_x_400mf regnet_x_800mf regnet_x_8gf regnet_y_128gf regnet_y_16gf regnet_y_1_6gf"
    " regnet_y_32gf regnet_y_3_2gf regnet_y_400mf regnet_y_800mf regnet_y_8gf resnet101 resnet152 resnet18 resnet34"
    " resnet50 resnext101_32x8d resnext101_64x4d resnext50_32x4d shufflenet_v2_x0_5 shufflenet_v2_x1_0 shufflenet_v2_x1_5"
    " shufflenet_v2_x2_0 squeezenet1_0 squeezenet1_1 swin_b swin_s swin_t swin_v2_b swin_v2_s swin_v2_t vgg11 vgg11_bn"
    " vgg13 vgg13_bn vgg16 vgg16_bn vgg19 vgg19_bn vit_b_16 vit_b_32 vit_h_14 vit_l_16 vit_l_32 wide_resnet101_2"
    " wide_resnet50_2"
).split()


class _Family(types.ModuleType):
    def __getattr__(self, name):
        return sys.modules["torchvision.models"].__getattr__(name)


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """`from torchvision.models.vgg import vgg16`."""

    def find_spec(self, name, path=None, target=None):
        package, _, last = name.rpartition(".")
        if package != "torchvision.models" or last not in _FAMILIES:
            return None
        return importlib.machinery.ModuleSpec(name, self)

    def create_module(self, spec):
        return _Family(spec.name)

    def exec_module(self, module):
        return None


if not any(type(f).__name__ == "_Finder" and type(f).__module__ == __name__ for f in sys.meta_path):
    sys.meta_path.insert(0, _Finder())
