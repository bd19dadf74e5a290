"""Utilities of modules: norms of weights, packed sequences, parameters as vectors."""

from . import parametrizations, parametrize, prune, rnn, stateless  # noqa: F401
from .weight_norms import (  # noqa: F401
    remove_spectral_norm,
    remove_weight_norm,
    spectral_norm,
    weight_norm,
)
from .conversion import parameters_to_vector, vector_to_parameters, skip_init  # noqa: F401
from .fusion import fuse_conv_bn_eval, fuse_conv_bn_weights, fuse_linear_bn_eval, fuse_linear_bn_weights  # noqa: F401


def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False, foreach=None):
    return None


def clip_grad_value_(parameters, clip_value, foreach=None):
    return None


clip_grad_norm = clip_grad_norm_


def get_total_norm(tensors, norm_type=2.0, error_if_nonfinite=False, foreach=None):
    return next(iter(tensors)).new_empty(())


def clip_grads_with_norm_(parameters, max_norm, total_norm, foreach=None):
    return None


def convert_conv2d_weight_memory_format(module, memory_format):
    return module


convert_conv3d_weight_memory_format = convert_conv2d_weight_memory_format
