"""Losses: they are built by training code and seldom run in a profile."""

from .. import functional as F
from .module import Module


class _Loss(Module):
    def __init__(self, size_average=None, reduce=None, reduction="mean"):
        super().__init__()
        old = size_average is not None or reduce is not None
        self.reduction = F._Reduction.legacy_get_string(size_average, reduce) if old else reduction


class _WeightedLoss(_Loss):
    def __init__(self, weight=None, size_average=None, reduce=None, reduction="mean"):
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


_OLD = {"size_average": None, "reduce": None}


def _loss(name, function, settings):
    """A loss with settings that it keeps under their names and hands to its function."""
    names = list(settings)

    def __init__(self, *args, **kwargs):
        given = {**settings, **dict(zip(names, args)), **kwargs}
        unknown = set(given) - set(settings)
        if unknown or len(args) > len(names):
            raise TypeError(f"{name}.__init__() got an unexpected argument: {', '.join(sorted(unknown)) or 'too many'}")
        _Loss.__init__(self, given.pop("size_average", None), given.pop("reduce", None), given.pop("reduction"))
        self._settings = list(given)
        for key, value in given.items():
            if key in ("weight", "pos_weight"):
                self.register_buffer(key, value)
            else:
                setattr(self, key, value)

    def forward(self, *inputs):
        return function(*inputs, **{k: getattr(self, k) for k in self._settings}, reduction=self.reduction)

    bases = (_WeightedLoss,) if "weight" in settings else (_Loss,)
    return type(name, bases, {"__init__": __init__, "forward": forward, "__module__": __name__, "__qualname__": name})


_MEAN = {"reduction": "mean"}
_WEIGHT = {"weight": None, "size_average": None}
L1Loss = _loss("L1Loss", F.l1_loss, {**_OLD, **_MEAN})
MSELoss = _loss("MSELoss", F.mse_loss, {**_OLD, **_MEAN})
SmoothL1Loss = _loss("SmoothL1Loss", F.smooth_l1_loss, {**_OLD, **_MEAN, "beta": 1.0})
HuberLoss = _loss("HuberLoss", F.huber_loss, {**_MEAN, "delta": 1.0})
SoftMarginLoss = _loss("SoftMarginLoss", F.soft_margin_loss, {**_OLD, **_MEAN})
KLDivLoss = _loss("KLDivLoss", F.kl_div, {**_OLD, **_MEAN, "log_target": False})
BCELoss = _loss("BCELoss", F.binary_cross_entropy, {**_WEIGHT, "reduce": None, **_MEAN})
BCEWithLogitsLoss = _loss("BCEWithLogitsLoss", F.binary_cross_entropy_with_logits, {**_WEIGHT, "reduce": None, **_MEAN, "pos_weight": None})
CrossEntropyLoss = _loss(
    "CrossEntropyLoss", F.cross_entropy, {**_WEIGHT, "ignore_index": -100, "reduce": None, **_MEAN, "label_smoothing": 0.0}
)
NLLLoss = _loss("NLLLoss", F.nll_loss, {**_WEIGHT, "ignore_index": -100, "reduce": None, **_MEAN})
NLLLoss2d = type("NLLLoss2d", (NLLLoss,), {"__module__": __name__})
PoissonNLLLoss = _loss(
    "PoissonNLLLoss", F.poisson_nll_loss, {"log_input": True, "full": False, "size_average": None, "eps": 1e-8, "reduce": None, **_MEAN}
)
GaussianNLLLoss = _loss("GaussianNLLLoss", F.gaussian_nll_loss, {"full": False, "eps": 1e-6, **_MEAN})
CTCLoss = _loss("CTCLoss", F.ctc_loss, {"blank": 0, **_MEAN, "zero_infinity": False})
TripletMarginLoss = _loss(
    "TripletMarginLoss", F.triplet_margin_loss, {"margin": 1.0, "p": 2.0, "eps": 1e-6, "swap": False, **_OLD, **_MEAN}
)
TripletMarginWithDistanceLoss = _loss(
    "TripletMarginWithDistanceLoss", F.triplet_margin_with_distance_loss, {"distance_function": None, "margin": 1.0, "swap": False, **_MEAN}
)
CosineEmbeddingLoss = _loss("CosineEmbeddingLoss", F.cosine_embedding_loss, {"margin": 0.0, **_OLD, **_MEAN})
MarginRankingLoss = _loss("MarginRankingLoss", F.margin_ranking_loss, {"margin": 0.0, **_OLD, **_MEAN})
HingeEmbeddingLoss = _loss("HingeEmbeddingLoss", F.hinge_embedding_loss, {"margin": 1.0, **_OLD, **_MEAN})
MultiMarginLoss = _loss("MultiMarginLoss", F.multi_margin_loss, {"p": 1, "margin": 1.0, **_WEIGHT, "reduce": None, **_MEAN})
MultiLabelMarginLoss = _loss("MultiLabelMarginLoss", F.multilabel_margin_loss, {**_OLD, **_MEAN})
MultiLabelSoftMarginLoss = _loss("MultiLabelSoftMarginLoss", F.multilabel_soft_margin_loss, {**_WEIGHT, "reduce": None, **_MEAN})
