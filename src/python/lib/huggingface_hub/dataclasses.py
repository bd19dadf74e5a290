"""Dataclasses that take more than their fields. Whether a value is allowed is not checked: a model's own code does that."""

import dataclasses
from dataclasses import MISSING


def strict(cls=None, *, accept_kwargs=False):
    def wrap(cls):
        if not hasattr(cls, "__post_init__"):
            cls.__post_init__ = _keep
        if accept_kwargs:
            cls.__init__ = _init_of(cls)
        cls.validate = getattr(cls, "validate", lambda self: None)
        return cls

    return wrap if cls is None else wrap(cls)


def _keep(self, **kwargs):
    for name, value in kwargs.items():
        setattr(self, name, value)


def _init_of(cls):
    def __init__(self, **kwargs):
        for field in dataclasses.fields(cls):
            if field.name in kwargs:
                value = kwargs.pop(field.name)
            elif field.default is not MISSING:
                value = field.default
            elif field.default_factory is not MISSING:
                value = field.default_factory()
            else:
                raise TypeError(f"{cls.__name__} needs {field.name}")
            setattr(self, field.name, value)
        self.__post_init__(**kwargs)

    __init__.__qualname__ = f"{cls.__qualname__}.__init__"
    return __init__


def validated_field(validator, default=MISSING, default_factory=MISSING, **kwargs):
    return dataclasses.field(default=default, default_factory=default_factory, **kwargs)


def as_validated_field(validator):
    return lambda default=MISSING, default_factory=MISSING, **kwargs: validated_field(validator, default, default_factory, **kwargs)


def validate_typed_dict(schema, data):
    return None
