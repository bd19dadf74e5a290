"""Probability distributions: parameters, shapes of samples and the arithmetic of densities; what is drawn is data."""

from torch import _noop

from . import constraints, transforms, utils
from ._base import Distribution, ExponentialFamily, Independent, TransformedDistribution
from ._continuous import (
    Beta,
    Cauchy,
    Chi2,
    Dirichlet,
    Exponential,
    Gamma,
    Gumbel,
    HalfNormal,
    Laplace,
    LogNormal,
    Logistic,
    LowRankMultivariateNormal,
    MultivariateNormal,
    Normal,
    StudentT,
    Uniform,
    VonMises,
)
from ._discrete import (
    Bernoulli,
    Binomial,
    Categorical,
    Geometric,
    Multinomial,
    NegativeBinomial,
    OneHotCategorical,
    OneHotCategoricalStraightThrough,
    Poisson,
    RelaxedBernoulli,
    RelaxedOneHotCategorical,
)
from ._divergence import kl_divergence, register_kl
from ._mixture import MixtureSameFamily
from .transforms import (
    AbsTransform,
    AffineTransform,
    ComposeTransform,
    ExpTransform,
    IndependentTransform,
    LowerCholeskyTransform,
    PowerTransform,
    ReshapeTransform,
    SigmoidTransform,
    SoftmaxTransform,
    SoftplusTransform,
    StickBreakingTransform,
    TanhTransform,
    Transform,
    identity_transform,
)

_noop.module("torch.distributions.kl", kl_divergence=kl_divergence, register_kl=register_kl)
_noop.module("torch.distributions.distribution", Distribution=Distribution)
_noop.module("torch.distributions.independent", Independent=Independent)
_noop.module("torch.distributions.transformed_distribution", TransformedDistribution=TransformedDistribution)
for _name, _members in {
    "normal": [Normal], "bernoulli": [Bernoulli], "categorical": [Categorical], "uniform": [Uniform], "beta": [Beta], "gamma": [Gamma], "laplace": [Laplace], "log_normal": [LogNormal], "exponential": [Exponential],
    "multivariate_normal": [MultivariateNormal], "dirichlet": [Dirichlet], "one_hot_categorical": [OneHotCategorical, OneHotCategoricalStraightThrough], "relaxed_bernoulli": [RelaxedBernoulli], "studentT": [StudentT],
    "relaxed_categorical": [RelaxedOneHotCategorical], "mixture_same_family": [MixtureSameFamily], "poisson": [Poisson], "negative_binomial": [NegativeBinomial], "half_normal": [HalfNormal], "gumbel": [Gumbel], "von_mises": [VonMises],
    "lowrank_multivariate_normal": [LowRankMultivariateNormal], "binomial": [Binomial],
}.items():  # fmt: skip
    _made = _noop.module("torch.distributions." + _name, **{c.__name__: c for c in _members})
    globals().setdefault(_name, _made)

__all__ = [n for n in globals() if n[:1].isupper()] + ["kl_divergence", "register_kl", "constraints"]
_ = Cauchy, Chi2, ExponentialFamily, Geometric, Logistic, Multinomial
