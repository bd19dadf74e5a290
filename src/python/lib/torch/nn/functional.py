"""Functions of layers: their arguments in PyTorch's order, the arithmetic by name in opcount's table of operators."""

import builtins
import math
from typing import Optional  # noqa: F401  (some import it from here)

from .. import _factories, _types
from .._dispatch import apply, outer
from .._tensor import Tensor, bridge_recording, from_data, local


def _list(x):
    return list(x) if isinstance(x, (tuple, list)) else x


# --- convolutions and products


def _conv(name):
    def conv(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        return apply(name, (input, weight, bias, _list(stride), _list(padding), _list(dilation), groups), None, "F." + name)

    conv.__name__ = name
    return conv


conv1d, conv2d, conv3d = (_conv(f"conv{n}d") for n in (1, 2, 3))


def _conv_transpose(name):
    def conv(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
        args = (input, weight, bias, _list(stride), _list(padding), _list(output_padding), groups, _list(dilation))
        return apply(name, args, None, "F." + name)

    conv.__name__ = name
    return conv


conv_transpose1d, conv_transpose2d, conv_transpose3d = (_conv_transpose(f"conv_transpose{n}d") for n in (1, 2, 3))


def linear(input, weight, bias=None):
    return apply("linear", (input, weight, bias), None, "F.linear")


def bilinear(input1, input2, weight, bias=None):
    return apply("bilinear", (input1, input2, weight, bias), None, "F.bilinear")


def embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False):
    return apply("embedding", (weight, input), None, "F.embedding")


@outer("F.embedding_bag")
def embedding_bag(input, weight, offsets=None, max_norm=None, norm_type=2, scale_grad_by_freq=False, mode="mean", sparse=False, per_sample_weights=None, include_last_offset=False, padding_idx=None):
    if offsets is None:
        rows = input.shape[-1] if input.ndim == 2 else 1
        offsets = _factories.arange(input.shape[0]) if input.ndim == 2 else _factories.empty(1, dtype=_types.int64)
        rows = apply("embedding", (weight, input), None, "F.embedding_bag")
        if input.ndim == 2:
            return rows.amax(1) if mode == "max" else getattr(rows, mode)(1)
        return rows
    number = {"sum": 0, "mean": 1, "max": 2}[mode]
    found = apply("embedding_bag", (weight, input, offsets, False, number), None, "F.embedding_bag")
    return found[0] if isinstance(found, tuple) else found


def one_hot(tensor, num_classes=-1):
    if num_classes == -1:
        num_classes = builtins.max(tensor._contents("one_hot() without num_classes")) + 1
    return apply("one_hot", (tensor, num_classes), None, "F.one_hot")


# --- activations


def _unary(name, input, spelling, *more, inplace=False):
    return apply(name + "_" if inplace else name, (input, *more), None, spelling)


def _activation(name):
    def run(input, inplace=False):
        return _unary(name, input, "F." + name, inplace=inplace)

    run.__name__ = name
    return run


relu = _activation("relu")
relu6 = _activation("relu6")
silu = _activation("silu")
mish = _activation("mish")
selu = _activation("selu")
hardswish = _activation("hardswish")
hardsigmoid = _activation("hardsigmoid")


def relu_(input):
    return _unary("relu", input, "F.relu_", inplace=True)


def sigmoid(input):
    return _unary("sigmoid", input, "F.sigmoid")


def tanh(input):
    return _unary("tanh", input, "F.tanh")


def logsigmoid(input):
    return _unary("log_sigmoid", input, "F.logsigmoid")


@outer("F.softsign")
def softsign(input):
    return input / (input.abs() + 1)


@outer("F.tanhshrink")
def tanhshrink(input):
    return input - input.tanh()


def hardtanh(input, min_val=-1.0, max_val=1.0, inplace=False):
    return _unary("hardtanh", input, "F.hardtanh", min_val, max_val, inplace=inplace)


def leaky_relu(input, negative_slope=0.01, inplace=False):
    return _unary("leaky_relu", input, "F.leaky_relu", negative_slope, inplace=inplace)


def leaky_relu_(input, negative_slope=0.01):
    return leaky_relu(input, negative_slope, True)


def elu(input, alpha=1.0, inplace=False):
    return _unary("elu", input, "F.elu", alpha, inplace=inplace)


def celu(input, alpha=1.0, inplace=False):
    return _unary("celu", input, "F.celu", alpha, inplace=inplace)


def rrelu(input, lower=1.0 / 8, upper=1.0 / 3, training=False, inplace=False):
    return _unary("rrelu", input, "F.rrelu", lower, upper, training, inplace=inplace)


def threshold(input, threshold, value, inplace=False):
    return _unary("threshold", input, "F.threshold", threshold, value, inplace=inplace)


def softplus(input, beta=1.0, threshold=20.0):
    return _unary("softplus", input, "F.softplus", beta, threshold)


def softshrink(input, lambd=0.5):
    return _unary("softshrink", input, "F.softshrink", lambd)


def hardshrink(input, lambd=0.5):
    return _unary("hardshrink", input, "F.hardshrink", lambd)


def gelu(input, approximate="none"):
    return apply("gelu", (input,), {"approximate": approximate}, "F.gelu")


def prelu(input, weight):
    return apply("prelu", (input, weight), None, "F.prelu")


def glu(input, dim=-1):
    return apply("glu", (input, dim), None, "F.glu")


def _softmax_dim(dim, ndim):
    if dim is not None:
        return dim
    return 0 if ndim in (0, 1, 3) else 1


def softmax(input, dim=None, _stacklevel=3, dtype=None):
    more = {"dtype": dtype} if dtype is not None else {}
    return apply("softmax", (input, _softmax_dim(dim, input.dim())), more, "F.softmax")


def log_softmax(input, dim=None, _stacklevel=3, dtype=None):
    more = {"dtype": dtype} if dtype is not None else {}
    return apply("log_softmax", (input, _softmax_dim(dim, input.dim())), more, "F.log_softmax")


@outer("F.softmin")
def softmin(input, dim=None, _stacklevel=3, dtype=None):
    return softmax(-input, dim, dtype=dtype)


@outer("F.gumbel_softmax")
def gumbel_softmax(logits, tau=1.0, hard=False, eps=1e-10, dim=-1):
    noise = _factories.empty_like(logits)
    return softmax((logits + noise) / tau, dim)


# --- dropout


def _dropout(name):
    def run(input, p=0.5, training=True, inplace=False):
        if p < 0.0 or p > 1.0:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        return apply(name + ("_" if inplace else ""), (input, p, training), None, "F." + name)

    run.__name__ = name
    return run


dropout = _dropout("dropout")
alpha_dropout = _dropout("alpha_dropout")
feature_alpha_dropout = _dropout("feature_alpha_dropout")


def _feature_dropout(name):
    def run(input, p=0.5, training=True, inplace=False):
        return apply("feature_dropout" + ("_" if inplace else ""), (input, p, training), None, "F." + name)

    run.__name__ = name
    return run


dropout1d, dropout2d, dropout3d = (_feature_dropout(f"dropout{n}d") for n in (1, 2, 3))


# --- pooling


def _max_pool(name):
    def run(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
        kernel_size = _list(kernel_size)
        args = (input, kernel_size, kernel_size if stride is None else _list(stride), _list(padding), _list(dilation), ceil_mode)
        if return_indices:
            return tuple(apply(name + "_with_indices", args, None, "F." + name))
        return apply(name, args, None, "F." + name)

    run.__name__ = name
    return run


def _avg_pool(name):
    def run(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
        kernel_size = _list(kernel_size)
        args = (input, kernel_size, kernel_size if stride is None else _list(stride), _list(padding), ceil_mode, count_include_pad)
        return apply(name, args, None, "F." + name)

    run.__name__ = name
    return run


def _adaptive(name, kind, axes):
    def run(input, output_size, return_indices=False):
        size = list(output_size) if isinstance(output_size, (tuple, list)) else [output_size] * axes
        size = [input.shape[i - axes] if s is None else s for i, s in enumerate(size)]
        out = apply(name, (input, size), None, "F." + name)
        if kind == "max":
            return out if return_indices else out[0] if isinstance(out, tuple) else out
        return out

    run.__name__ = name
    return run


max_pool1d, max_pool2d, max_pool3d = (_max_pool(f"max_pool{n}d") for n in (1, 2, 3))
avg_pool1d, avg_pool2d, avg_pool3d = (_avg_pool(f"avg_pool{n}d") for n in (1, 2, 3))
adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d = (_adaptive(f"adaptive_avg_pool{n}d", "avg", n) for n in (1, 2, 3))
adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d = (_adaptive(f"adaptive_max_pool{n}d", "max", n) for n in (1, 2, 3))


def _with_indices(pool):
    def run(*args, **kwargs):
        return pool(*args, **{**kwargs, "return_indices": True})

    return run


max_pool1d_with_indices, max_pool2d_with_indices, max_pool3d_with_indices = map(_with_indices, (max_pool1d, max_pool2d, max_pool3d))


def _lp_pool(axes):
    @outer(f"F.lp_pool{axes}d")
    def run(input, norm_type, kernel_size, stride=None, ceil_mode=False):
        pool = (avg_pool1d, avg_pool2d, avg_pool3d)[axes - 1]
        n = kernel_size**axes if isinstance(kernel_size, builtins.int) else math.prod(kernel_size)
        out = pool(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
        return relu(out.sign() * relu(out.abs())).mul(n).pow(1.0 / norm_type)

    return run


lp_pool1d, lp_pool2d, lp_pool3d = (_lp_pool(n) for n in (1, 2, 3))


def _max_unpool(name, axes):
    def run(input, indices, kernel_size, stride=None, padding=0, output_size=None):
        if output_size is None:
            per = lambda x: list(x) if isinstance(x, (tuple, list)) else [x] * axes
            kernel, steps, pads = per(kernel_size), per(stride if stride is not None else kernel_size), per(padding)
            output_size = [(d - 1) * s - 2 * p + k for d, k, s, p in zip(input.shape[-axes:], kernel, steps, pads)]
        size = list(output_size)[-axes:]
        return apply("max_unpool" + name, (input, indices, size), None, "F.max_unpool" + name)

    return run


max_unpool1d, max_unpool2d, max_unpool3d = (_max_unpool(f"{n}d", n) for n in (1, 2, 3))


# --- normalisation


def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    if training:
        size = input.shape
        per_channel = math.prod(d for i, d in enumerate(size) if i != 1) if all(type(d) is builtins.int for d in size) else 2
        if per_channel == 1:
            raise ValueError(f"Expected more than 1 value per channel when training, got input size {size}")
    return apply("batch_norm", (input, weight, bias, running_mean, running_var, training, momentum, eps, True), None, "F.batch_norm")


def instance_norm(input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1, eps=1e-5):
    args = (input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, True)
    return apply("instance_norm", args, None, "F.instance_norm")


def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    return apply("layer_norm", (input, list(normalized_shape), weight, bias, eps), None, "F.layer_norm")


def rms_norm(input, normalized_shape, weight=None, eps=None):
    return apply("rms_norm", (input, list(normalized_shape), weight, eps), None, "F.rms_norm")


def group_norm(input, num_groups, weight=None, bias=None, eps=1e-5):
    return apply("group_norm", (input, num_groups, weight, bias, eps), None, "F.group_norm")


@outer("F.local_response_norm")
def local_response_norm(input, size, alpha=1e-4, beta=0.75, k=1.0):
    """k + α · the mean of squares over neighbouring channels, to the power of β, divides the input."""
    squares = input.mul(input)
    if input.dim() == 3:
        mean = avg_pool2d(pad(squares.unsqueeze(1), (0, 0, size // 2, (size - 1) // 2)), (size, 1), stride=1).squeeze(1)
    else:
        shape = input.shape
        flat = squares.view(shape[0], 1, shape[1], shape[2], -1)
        padded = pad(flat, (0, 0, 0, 0, size // 2, (size - 1) // 2))
        mean = avg_pool3d(padded, (size, 1, 1), stride=1).squeeze(1).view(shape)
    return input / mean.mul(alpha).add(k).pow(beta)


@outer("F.normalize")
def normalize(input, p=2.0, dim=1, eps=1e-12, out=None):
    norm = apply("norm", (input, p, _list(dim) if isinstance(dim, (tuple, list)) else [dim], True), None, "F.normalize")
    return input / norm.clamp_min(eps).expand_as(input)


# --- shapes


def pad(input, pad, mode="constant", value=None):
    if mode not in ("constant", "reflect", "replicate", "circular"):
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    return apply("pad", (input, list(pad), mode, value), None, "F.pad")


@outer("F.interpolate")
def interpolate(input, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None, antialias=False):
    """The wanted size, or the extents times the factors, rounded down."""
    axes = input.dim() - 2
    if (size is None) == (scale_factor is None):
        raise ValueError("only one of size or scale_factor should be defined" if size is not None else "either size or scale_factor should be defined")
    if mode in ("nearest", "area", "nearest-exact"):
        if align_corners is not None:
            raise ValueError("align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear")
    else:
        align_corners = builtins.bool(align_corners)
    wanted = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}.get(mode)
    if wanted is not None and wanted != axes:
        raise NotImplementedError(f"Got {input.dim()}D input, but {mode} mode needs {wanted + 2}D input")
    if size is not None:
        if isinstance(size, (tuple, list)) and len(size) != axes:
            raise ValueError(f"Input and output must have the same number of spatial dimensions, but got input with spatial dimensions of {list(input.shape[2:])} and output size of {size}")
        target = [s if hasattr(s, "_formula") else builtins.int(s) for s in size] if isinstance(size, (tuple, list)) else [size] * axes
    else:
        factors = list(scale_factor) if isinstance(scale_factor, (tuple, list)) else [scale_factor] * axes
        target = [_scaled(d, f) for d, f in zip(input.shape[2:], factors)]
    if mode == "area":
        return (adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)[axes - 1](input, target)
    if mode.startswith("nearest"):
        name = ("_upsample_nearest_exact" if mode == "nearest-exact" else "upsample_nearest") + f"{axes}d"
        return apply(name, (input, target), None, "F.interpolate")
    name = {"linear": "upsample_linear1d", "bilinear": "upsample_bilinear2d", "bicubic": "upsample_bicubic2d", "trilinear": "upsample_trilinear3d"}[mode]
    if antialias:
        name = f"_{name}_aa"
    return apply(name, (input, target, align_corners), None, "F.interpolate")


def _scaled(extent, factor):
    if hasattr(extent, "_formula"):
        if float(factor).is_integer():
            return extent * builtins.int(factor)
        part = (1.0 / factor) if factor else 0
        if float(part).is_integer():
            return extent // builtins.int(part)
    return math.floor(float(extent * factor))


@outer("F.upsample")
def upsample(input, size=None, scale_factor=None, mode="nearest", align_corners=None):
    return interpolate(input, size, scale_factor, mode, align_corners)


@outer("F.upsample_nearest")
def upsample_nearest(input, size=None, scale_factor=None):
    return interpolate(input, size, scale_factor, mode="nearest")


@outer("F.upsample_bilinear")
def upsample_bilinear(input, size=None, scale_factor=None):
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)


def grid_sample(input, grid, mode="bilinear", padding_mode="zeros", align_corners=None):
    modes = {"bilinear": 0, "nearest": 1, "bicubic": 2}
    paddings = {"zeros": 0, "border": 1, "reflection": 2}
    return apply("grid_sampler", (input, grid, modes[mode], paddings[padding_mode], builtins.bool(align_corners)), None, "F.grid_sample")


def affine_grid(theta, size, align_corners=None):
    return apply("affine_grid_generator", (theta, list(size), builtins.bool(align_corners)), None, "F.affine_grid")


def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    return apply("im2col", (input, _list(kernel_size), _list(dilation), _list(padding), _list(stride)), None, "F.unfold")


def fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    size = list(output_size) if isinstance(output_size, (tuple, list)) else [output_size] * 2
    return apply("col2im", (input, size, _list(kernel_size), _list(dilation), _list(padding), _list(stride)), None, "F.fold")


def pixel_shuffle(input, upscale_factor):
    return apply("pixel_shuffle", (input, upscale_factor), None, "F.pixel_shuffle")


def pixel_unshuffle(input, downscale_factor):
    return apply("pixel_unshuffle", (input, downscale_factor), None, "F.pixel_unshuffle")


def channel_shuffle(input, groups):
    return apply("channel_shuffle", (input, groups), None, "F.channel_shuffle")


def native_channel_shuffle(input, groups):
    return channel_shuffle(input, groups)


# --- distances


def cosine_similarity(x1, x2, dim=1, eps=1e-8):
    return apply("cosine_similarity", (x1, x2, dim, eps), None, "F.cosine_similarity")


@outer("F.pairwise_distance")
def pairwise_distance(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    return apply("norm", (x1 - x2 + eps, p, [-1], keepdim), None, "F.pairwise_distance")


def pdist(input, p=2.0):
    n = input.shape[0]
    return local((n * (n - 1) // 2,), input.dtype)


# --- attention


def scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False):
    more = {"scale": scale, "enable_gqa": enable_gqa}
    return apply("scaled_dot_product_attention", (query, key, value, attn_mask, dropout_p, is_causal), more, "F.scaled_dot_product_attention")


@outer("F.multi_head_attention_forward")
def attend(module, query, key, value, key_padding_mask, need_weights, attn_mask, average_attn_weights, is_causal):
    """
    Multi-head attention as a module has it: projections (one product where query, key and value are the same tensor),
    heads, attention, the output's projection. Length first, unless the module is batch_first.
    """
    batched = query.dim() == 3
    if query.shape[-1] != module.embed_dim:
        raise AssertionError(f"was expecting embedding dimension of {module.embed_dim}, but got {query.shape[-1]}")
    batch_first = batched and module.batch_first
    if batch_first:
        # The batch goes to the second place first: once for tensors that are the same.
        turned = {id(x): x for x in (query, key, value)}
        turned = {i: x.transpose(1, 0) for i, x in turned.items()}
        query, key, value = (turned[id(x)] for x in (query, key, value))
    q, k, v = _project(module, query, key, value)
    heads = module.num_heads
    width = module.embed_dim // heads

    def split(x):
        if not batched:
            return x.reshape(x.shape[0], 1, heads, width).permute(1, 2, 0, 3)
        return x.reshape(x.shape[0], x.shape[1], heads, width).permute(1, 2, 0, 3)

    def lengthened(x, rows):
        return pad(x, (0, 0, 0, rows)) if rows else x

    extra = (module.bias_k is not None) + builtins.bool(module.add_zero_attn)
    qh, kh, vh = split(q), lengthened(split(k), extra), lengthened(split(v), extra)
    mask = attn_mask if attn_mask is not None else key_padding_mask
    flags = {"masked": mask is not None, "causal": builtins.bool(is_causal)}
    heads_out = apply("opcount.attention", (qh, kh, vh, mask), flags, "F.multi_head_attention_forward")
    joined = heads_out.permute(2, 0, 1, 3).reshape(*query.shape)
    out = linear(joined, module.out_proj.weight, module.out_proj.bias)
    if batch_first:
        out = out.transpose(1, 0)
    if not need_weights:
        return out, None
    weights = apply("opcount.attention_weights", (qh, kh), None, "attention weights")
    if average_attn_weights:
        weights = weights.mean(1)
    return out, weights if batched else weights.squeeze(0)


def _project(module, query, key, value):
    e = module.embed_dim
    weight, bias = module.in_proj_weight, module.in_proj_bias
    if weight is not None and query is key and key is value:
        return linear(query, weight, bias).chunk(3, -1)
    if weight is None:
        weights = (module.q_proj_weight, module.k_proj_weight, module.v_proj_weight)
    else:
        weights = tuple(weight[i * e : (i + 1) * e] for i in range(3))
    biases = (None,) * 3 if bias is None else tuple(bias[i * e : (i + 1) * e] for i in range(3))
    return tuple(linear(x, w, b) for x, w, b in zip((query, key, value), weights, biases))


@outer("F.multi_head_attention_forward")
def multi_head_attention_forward(
    query,
    key,
    value,
    embed_dim_to_check,
    num_heads,
    in_proj_weight,
    in_proj_bias,
    bias_k,
    bias_v,
    add_zero_attn,
    dropout_p,
    out_proj_weight,
    out_proj_bias,
    training=True,
    key_padding_mask=None,
    need_weights=True,
    attn_mask=None,
    use_separate_proj_weight=False,
    q_proj_weight=None,
    k_proj_weight=None,
    v_proj_weight=None,
    static_k=None,
    static_v=None,
    average_attn_weights=True,
    is_causal=False,
):
    class _Settings:
        pass

    m = _Settings()
    m.embed_dim, m.num_heads, m.batch_first, m.add_zero_attn = embed_dim_to_check, num_heads, False, add_zero_attn
    m.in_proj_weight, m.in_proj_bias = (None if use_separate_proj_weight else in_proj_weight), in_proj_bias
    m.q_proj_weight, m.k_proj_weight, m.v_proj_weight = q_proj_weight, k_proj_weight, v_proj_weight
    m.bias_k, m.bias_v = bias_k, bias_v
    m.out_proj = _Settings()
    m.out_proj.weight, m.out_proj.bias = out_proj_weight, out_proj_bias
    return attend(m, query, key, value, key_padding_mask, need_weights, attn_mask, average_attn_weights, is_causal)


# --- losses


def _reduced(loss, reduction):
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


@outer("F.mse_loss")
def mse_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    return _reduced((input - target) ** 2, reduction)


@outer("F.l1_loss")
def l1_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    return _reduced((input - target).abs(), reduction)


@outer("F.smooth_l1_loss")
def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction="mean", beta=1.0):
    return _reduced((input - target).abs(), reduction)


huber_loss = smooth_l1_loss


@outer("F.cross_entropy")
def cross_entropy(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean", label_smoothing=0.0):
    return nll_loss(log_softmax(input, 1 if input.dim() > 1 else 0), target, weight, reduction=reduction)


@outer("F.nll_loss")
def nll_loss(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"):
    return _reduced(-input.sum(1 if input.dim() > 1 else 0), reduction)


@outer("F.binary_cross_entropy")
def binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    return _reduced(-(target * input.log() + (1 - target) * (1 - input).log()), reduction)


@outer("F.binary_cross_entropy_with_logits")
def binary_cross_entropy_with_logits(input, target, weight=None, size_average=None, reduce=None, reduction="mean", pos_weight=None):
    return _reduced(softplus(input) - input * target, reduction)


@outer("F.kl_div")
def kl_div(input, target, size_average=None, reduce=None, reduction="mean", log_target=False):
    return _reduced(target * (target.log() - input), reduction)


def has_torch_function(*args, **kwargs):
    return False


has_torch_function_unary = has_torch_function_variadic = has_torch_function


def handle_torch_function(*args, **kwargs):
    raise NotImplementedError("__torch_function__ is not part of opcount's torch")


_ = (Tensor, bridge_recording, from_data)
