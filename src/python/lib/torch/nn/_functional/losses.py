"""Losses: of pairs, of classes, of sequences. Arguments that were replaced long ago (`size_average`, `reduce`) still count."""

import builtins

from ..._dispatch import apply, outer
from ..._functions import broadcast_tensors
from .activations import logsigmoid
from .distances import pairwise_distance

_NUMBERS = {"none": 0, "mean": 1, "sum": 2}


class _Reduction:
    """The reduction of a loss, as older code gives it."""

    @staticmethod
    def get_enum(reduction):
        if reduction not in _NUMBERS:
            raise ValueError(f"{reduction} is not a valid value for reduction")
        return _NUMBERS[reduction]

    @staticmethod
    def legacy_get_string(size_average, reduce, emit_warning=True):
        average = True if size_average is None else size_average
        return ("mean" if average else "sum") if reduce is None or reduce else "none"

    @staticmethod
    def legacy_get_enum(size_average, reduce, emit_warning=True):
        return _Reduction.get_enum(_Reduction.legacy_get_string(size_average, reduce))


def _ending(reduction, size_average, reduce):
    return _Reduction.legacy_get_string(size_average, reduce) if size_average is not None or reduce is not None else reduction


def _reduced(loss, reduction):
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def _pairs(name):
    """A loss that the table of operators has: each element of one tensor with that of the other."""

    def run(input, target, size_average=None, reduce=None, reduction="mean", weight=None, **more):
        number = _Reduction.get_enum(_ending(reduction, size_average, reduce))
        if input.shape != target.shape:
            input, target = broadcast_tensors(input, target)
        if weight is not None:
            return _reduced(apply(name, (input, target, 0), more, "F." + name) * weight, reduction)
        return apply(name, (input, target, number), more, "F." + name)

    run.__name__ = name
    return run


mse_loss = _pairs("mse_loss")
l1_loss = _pairs("l1_loss")
soft_margin_loss = _pairs("soft_margin_loss")
_smooth_l1, _huber, _kl_div = _pairs("smooth_l1_loss"), _pairs("huber_loss"), _pairs("kl_div")


def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction="mean", beta=1.0):
    if beta == 0:
        return l1_loss(input, target, size_average, reduce, reduction)
    return _smooth_l1(input, target, size_average, reduce, reduction, beta=beta)


def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
    return _huber(input, target, reduction=reduction, weight=weight, delta=delta)


def kl_div(input, target, size_average=None, reduce=None, reduction="mean", log_target=False):
    ending = _ending(reduction, size_average, reduce)
    if ending == "batchmean":
        return _kl_div(input, target, reduction="sum", log_target=log_target) / input.shape[0]
    return _kl_div(input, target, reduction=ending, log_target=log_target)


def binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    number = _Reduction.get_enum(_ending(reduction, size_average, reduce))
    return apply("binary_cross_entropy", (input, target, weight, number), None, "F.binary_cross_entropy")


def binary_cross_entropy_with_logits(input, target, weight=None, size_average=None, reduce=None, reduction="mean", pos_weight=None):
    number = _Reduction.get_enum(_ending(reduction, size_average, reduce))
    return apply(
        "binary_cross_entropy_with_logits", (input, target, weight, pos_weight, number), None, "F.binary_cross_entropy_with_logits"
    )


def cross_entropy(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean", label_smoothing=0.0):
    number = _Reduction.get_enum(_ending(reduction, size_average, reduce))
    args = (input, target, weight, number, ignore_index, label_smoothing)
    return apply("cross_entropy_loss", args, None, "F.cross_entropy")


def nll_loss(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"):
    number = _Reduction.get_enum(_ending(reduction, size_average, reduce))
    return apply("nll_loss_nd", (input, target, weight, number, ignore_index), None, "F.nll_loss")


def ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False):
    args = (log_probs, targets, input_lengths, target_lengths, blank, _Reduction.get_enum(reduction), zero_infinity)
    return apply("ctc_loss", args, None, "F.ctc_loss")


def multilabel_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    number = _Reduction.get_enum(_ending(reduction, size_average, reduce))
    return apply("multilabel_margin_loss", (input, target, number), None, "F.multilabel_margin_loss")


@outer("F.poisson_nll_loss")
def poisson_nll_loss(input, target, log_input=True, full=False, size_average=None, eps=1e-8, reduce=None, reduction="mean"):
    loss = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        loss = loss + (target * target.log() - target + 0.5 * (target * 6.283185307179586).log()).masked_fill(target <= 1, 0)
    return _reduced(loss, _ending(reduction, size_average, reduce))


@outer("F.gaussian_nll_loss")
def gaussian_nll_loss(input, target, var, full=False, eps=1e-6, reduction="mean"):
    if hasattr(var, "clamp") and var.shape != input.shape and var.dim() < input.dim():
        var = var.unsqueeze(-1)
    var = var.clamp(min=eps)
    loss = (var.log() + (input - target) ** 2 / var) * 0.5
    return _reduced(loss + 0.9189385332046727 if full else loss, reduction)


@outer("F.margin_ranking_loss")
def margin_ranking_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"):
    return _reduced((-target * (input1 - input2) + margin).clamp_min(0), _ending(reduction, size_average, reduce))


@outer("F.hinge_embedding_loss")
def hinge_embedding_loss(input, target, margin=1.0, size_average=None, reduce=None, reduction="mean"):
    apart = (margin - input).clamp_min(0).masked_fill(target == 1, 0)
    return _reduced(apart + input.masked_fill(target == -1, 0), _ending(reduction, size_average, reduce))


@outer("F.cosine_embedding_loss")
def cosine_embedding_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"):
    axis = 1 if input1.dim() > 1 else 0
    dot = (input1 * input2).sum(axis)
    lengths = ((input1 * input1).sum(axis) + 1e-12) * ((input2 * input2).sum(axis) + 1e-12)
    cosine = dot / lengths.sqrt()
    loss = (1 - cosine).masked_fill(target == -1, 0) + (cosine - margin).clamp_min(0).masked_fill(target == 1, 0)
    return _reduced(loss, _ending(reduction, size_average, reduce))


@outer("F.triplet_margin_loss")
def triplet_margin_loss(
    anchor, positive, negative, margin=1.0, p=2, eps=1e-6, swap=False, size_average=None, reduce=None, reduction="mean"
):
    distance = lambda a, b: pairwise_distance(a, b, p, eps)
    return _triplets(anchor, positive, negative, distance, margin, swap, _ending(reduction, size_average, reduce))


@outer("F.triplet_margin_with_distance_loss")
def triplet_margin_with_distance_loss(anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"):
    return _triplets(anchor, positive, negative, distance_function or pairwise_distance, margin, swap, reduction)


def _triplets(anchor, positive, negative, distance, margin, swap, reduction):
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = far.minimum(distance(positive, negative))
    return _reduced((near - far + margin).clamp_min(0), reduction)


@outer("F.multi_margin_loss")
def multi_margin_loss(input, target, p=1, margin=1.0, weight=None, size_average=None, reduce=None, reduction="mean"):
    places = target.reshape(-1, 1) if input.dim() > 1 else target.reshape(1)
    apart = (input - input.gather(-1, places) + margin).clamp_min(0)
    if p != 1:
        apart = apart**p
    if weight is not None:
        apart = apart * weight[target].reshape(places.shape)
    return _reduced(apart.sum(-1) / input.shape[-1], _ending(reduction, size_average, reduce))


@outer("F.multilabel_soft_margin_loss")
def multilabel_soft_margin_loss(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    loss = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        loss = loss * weight
    return _reduced(loss.mean(-1), _ending(reduction, size_average, reduce))


_ = builtins
