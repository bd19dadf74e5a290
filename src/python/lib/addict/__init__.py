"""Dictionaries with attributes, in which what is missing is an empty one."""

from _opcount.attributes import AttributeDict


class Dict(AttributeDict):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __missing__(self, name):
        made = self[name] = type(self)()
        return made
