"""Dropout: nothing at inference."""

from .. import functional as F
from ._simple import Simple, settings


class _DropoutNd(Simple):
    def _ready(self):
        if self.p < 0 or self.p > 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {self.p}")

    def extra_repr(self):
        return f"p={self.p}, inplace={self.inplace}"


def _dropout(name, function):
    class Dropout(_DropoutNd):
        def forward(self, input):
            return function(input, self.p, self.training, self.inplace)

    Dropout.__name__ = Dropout.__qualname__ = name
    Dropout.__module__ = __name__
    return settings(p=0.5, inplace=False)(Dropout)


Dropout = _dropout("Dropout", F.dropout)
Dropout1d = _dropout("Dropout1d", F.dropout1d)
Dropout2d = _dropout("Dropout2d", F.dropout2d)
Dropout3d = _dropout("Dropout3d", F.dropout3d)
AlphaDropout = _dropout("AlphaDropout", F.alpha_dropout)
FeatureAlphaDropout = _dropout("FeatureAlphaDropout", F.feature_alpha_dropout)
