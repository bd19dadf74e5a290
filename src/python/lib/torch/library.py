"""Registration of operators: the ones of a program are not known to opcount, but registering them is no error."""

from ._quiet import Nothing, decorator


class Library(Nothing):
    pass


def custom_op(name, fn=None, *args, **kwargs):
    return fn if fn is not None else (lambda f: f)


def register_fake(*args, **kwargs):
    return lambda f: f


impl = impl_abstract = register_kernel = register_autograd = define = lambda *a, **k: decorator
get_ctx = Nothing
