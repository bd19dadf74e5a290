"""Loops without a bar."""

import contextlib


class tqdm:
    n, total, desc, disable = 0, None, "", True

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

    set_description = set_postfix = set_postfix_str = set_description_str = close = write = refresh = reset = clear = update
    set_lock = get_lock = classmethod(lambda cls, *args: None)

    @classmethod
    def external_write_mode(cls, *args, **kwargs):
        return contextlib.nullcontext()


def trange(*args, **kwargs):
    return tqdm(range(*args))


auto = None
