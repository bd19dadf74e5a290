from ._noop import Context, none

safe_globals = Context
add_safe_globals = none


def get_unsafe_globals_in_checkpoint(f):
    return []
