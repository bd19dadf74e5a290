"""Configurations with attributes."""

from _opcount.attributes import AttributeDict


class ConfigDict(AttributeDict):
    def __init__(self, initial_dictionary=None, type_safe=True, convert_dict=True, **kwargs):
        super().__init__(initial_dictionary, **kwargs)

    def lock(self):
        return self

    unlock = lock

    def unlocked(self):
        import contextlib

        return contextlib.nullcontext(self)

    def get_ref(self, name):
        return self[name]

    def copy_and_resolve_references(self):
        return self.copy()


class FrozenConfigDict(ConfigDict):
    pass


def config_dict(**kwargs):
    return ConfigDict(kwargs)
