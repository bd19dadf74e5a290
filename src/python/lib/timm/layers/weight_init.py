"""Initial values: nothing is written without data."""

from torch.nn import init


def trunc_normal_(tensor, mean=0.0, std=1.0, a=-2.0, b=2.0):
    return init.trunc_normal_(tensor)


trunc_normal_tf_ = trunc_normal_


def variance_scaling_(tensor, scale=1.0, mode="fan_in", distribution="normal"):
    return init.trunc_normal_(tensor)


def lecun_normal_(tensor):
    return init.trunc_normal_(tensor)


init_weight_vit = init_weight_jax = lambda module, name="", *args, **kwargs: None
