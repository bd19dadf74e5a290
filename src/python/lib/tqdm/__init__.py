"""Loops without a bar."""


class tqdm:
    def __init__(self, iterable=None, *args, **kwargs):
        self.iterable = iterable

    def __iter__(self):
        return iter(self.iterable)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False

    def update(self, n=1):
        return None

    set_description = set_postfix = close = write = update


def trange(*args, **kwargs):
    return tqdm(range(*args))


auto = None
