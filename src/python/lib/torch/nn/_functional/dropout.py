"""Dropout: nothing is dropped unless it trains."""

from ..._dispatch import apply


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
