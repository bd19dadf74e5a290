"""
Packages that models' sources import and that opcount does without: they can be imported, inherited from and named in
annotations. To call one of them is an error that says so.
"""

import importlib.abc
import importlib.machinery
import sys
import types

NAMES = {
    "PIL", "cv2", "pandas", "requests", "matplotlib", "scipy", "seaborn", "huggingface_hub", "safetensors", "psutil",
    "sklearn", "skimage", "tensorboard", "tensorboardX", "wandb", "IPython", "torchaudio", "torchtext", "tensorflow",
    "onnx", "onnxruntime", "albumentations", "pycocotools", "h5py", "numba", "lightning", "pytorch_lightning", "torchmetrics",
    "accelerate", "datasets", "tokenizers", "sentencepiece", "ultralytics", "apex", "horovod", "imageio", "git",
    "clearml", "comet_ml", "thop_gpu", "prettytable", "tabulate", "termcolor", "colorama", "omegaconf", "hydra", "av",
    "gdown", "boto3", "mlflow", "plotly", "networkx", "joblib", "dill", "cloudpickle", "nvidia", "tensorrt", "coremltools",
    # of the standard library, what Pyodide leaves out
    "lzma", "ssl", "sqlite3", "resource", "fcntl", "termios", "readline", "curses", "tkinter", "_multiprocessing", "pwd", "grp",
}  # fmt: skip
# Absent for those who ask first: code that falls back without them must find them missing.
OPTIONAL = {"apex", "horovod", "tensorrt", "numba", "tensorboardX", "nvidia", "cloudpickle", "dill", "thop_gpu", "wandb", "clearml", "comet_ml", "accelerate"}


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        top = name.split(".")[0]
        if top not in NAMES or top in OPTIONAL:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        return Absent(spec.name)

    def exec_module(self, module):
        return None


class Absent(types.ModuleType):
    __version__ = "0.0.0"
    __path__ = []

    def __getattr__(self, name):
        full = f"{self.__name__}.{name}"
        if name.startswith("__"):
            raise AttributeError(f"module '{self.__name__}' has no attribute '{name}'")
        found = sys.modules.get(full)
        if found is None:
            found = _class(full)
        setattr(self, name, found)
        return found


class Result:
    """What a call into an absent package gave: nothing, which is an error only where it is used."""

    def __init__(self, name):
        object.__setattr__(self, "_name", name)

    def __call__(self, *args, **kwargs):
        # A decorator with settings.
        if len(args) == 1 and not kwargs and isinstance(args[0], (types.FunctionType, type)):
            return args[0]
        self._refuse()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        self._refuse()

    def _refuse(self, *args, **kwargs):
        name = object.__getattribute__(self, "_name")
        package = name.split(".")[0]
        raise NotImplementedError(
            f"what {name} gives is used, and opcount runs without {package}: a model's cost must not depend on it"
        )

    def __iter__(self):
        return iter(())

    __len__ = __getitem__ = __add__ = __mul__ = __float__ = __int__ = __index__ = _refuse


class _Meta(type):
    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _class(f"{cls.__module__}.{cls.__name__}.{name}")

    def __call__(cls, *args, **kwargs):
        if cls.__dict__.get("_opcount_absent"):
            if len(args) == 1 and not kwargs and isinstance(args[0], (types.FunctionType, type)):
                return args[0]
            return Result(f"{cls.__module__}.{cls.__name__}")
        return super().__call__(*args, **kwargs)

    def __or__(cls, other):
        return cls

    __ror__ = __or__

    def __iter__(cls):
        return iter(())


def _class(full):
    module, _, name = full.rpartition(".")
    return _Meta(name, (), {"_opcount_absent": True, "__module__": module})
