from ._quiet import Context, none


def manual_seed(seed):
    from . import Generator

    return Generator()


def get_rng_state():
    from . import empty

    return empty(0)


set_rng_state = none
fork_rng = Context
