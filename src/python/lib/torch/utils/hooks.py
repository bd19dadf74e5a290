"""Handles by which hooks are taken off again."""

import itertools

_count = itertools.count()


class RemovableHandle:
    def __init__(self, hooks, *, extra_dict=None):
        self.id = next(_count)
        self._hooks = hooks

    def remove(self):
        self._hooks.pop(self.id, None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()
