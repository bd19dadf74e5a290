"""triton as sources name it: kernels can be defined; to run one is an error, since what it computes is not known."""

from _opcount import standins

__version__ = "3.5.0"


class Config:
    def __init__(self, kwargs=None, num_warps=4, num_stages=2, num_ctas=1, **more):
        self.kwargs, self.num_warps, self.num_stages, self.num_ctas = dict(kwargs or {}), num_warps, num_stages, num_ctas


class Kernel:
    """`kernel[grid](…)`."""

    def __init__(self, function):
        self.fn, self.__name__ = function, getattr(function, "__name__", "kernel")
        self.configs, self.arg_names = [], []

    def __getitem__(self, grid):
        return self

    def __call__(self, *args, **kwargs):
        raise standins.AbsentError(
            f"the Triton kernel {self.__name__} is run, and opcount does not know what it computes",
            hint="build the model with its fused kernels off, or export it (torch.export, ONNX) and profile that",
        )

    run = warmup = __call__


def jit(fn=None, **_):
    return Kernel(fn) if fn is not None else Kernel


def autotune(configs, key, **_):
    def tuned(kernel):
        kernel.configs = list(configs)
        return kernel

    return tuned


heuristics = lambda values: lambda kernel: kernel


def cdiv(a, b):
    return (a + b - 1) // b


def next_power_of_2(n):
    return 1 << (n - 1).bit_length()


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return standins.standin(f"triton.{name}")
