"""Seeds and states of random numbers, of which there are none."""

from . import _factories, _types
from ._noop import Context, none


class Generator:
    def __init__(self, device=None):
        pass

    def manual_seed(self, seed):
        return self

    def initial_seed(self):
        return 0


def manual_seed(seed):
    return Generator()


def seed():
    return 0


initial_seed = seed


def get_rng_state():
    return _factories.tensor([0], dtype=_types.uint8)


set_rng_state = none


class fork_rng(Context):
    pass
