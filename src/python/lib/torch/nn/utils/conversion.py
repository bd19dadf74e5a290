"""Parameters as one vector, and modules without initial values."""

from ... import _functions


def parameters_to_vector(parameters):
    return _functions.cat([p.reshape(-1) for p in parameters])


def vector_to_parameters(vec, parameters):
    return None


def skip_init(module_cls, *args, **kwargs):
    kwargs.pop("device", None)
    return module_cls(*args, **kwargs)
