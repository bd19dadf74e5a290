"""torchprofile's function, with its own number."""

from _opcount import tools

__version__ = "0.1.0"


def profile_macs(model, args=(), kwargs=None, reduction=sum):
    if not isinstance(args, (tuple, list)):
        args = (args,)
    return tools.measure(model, args, kwargs, convention="torchprofile")["counts"]["macs"]
