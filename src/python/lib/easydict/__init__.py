"""Dictionaries with attributes."""

from _opcount.attributes import AttributeDict


class EasyDict(AttributeDict):
    pass
