class EinopsError(RuntimeError):
    """A pattern that cannot be read, or does not fit."""
