"""Names of constraints; nothing is checked without data."""


class Constraint:
    def __init__(self, *args):
        self.args = args

    def __call__(self, *args):
        return type(self)(*args)


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return Constraint()
