"""Dictionaries whose entries are attributes too: the base of yacs, easydict, ml_collections and addict."""


class AttributeDict(dict):
    """Nested dictionaries become the same kind; a missing name is an AttributeError."""

    def __init__(self, *args, **kwargs):
        super().__init__()
        for given in args:
            if given is not None:
                self.update(given)
        self.update(kwargs)

    @classmethod
    def _wrapped(cls, value):
        if isinstance(value, dict) and not isinstance(value, AttributeDict):
            return cls(value)
        if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
            return type(value)(cls._wrapped(v) for v in value)
        return value

    def __setitem__(self, name, value):
        super().__setitem__(name, self._wrapped(value))

    def __setattr__(self, name, value):
        self[name] = value

    def __getattr__(self, name):
        if name in self:
            return self[name]
        raise AttributeError(name)

    def __delattr__(self, name):
        if name not in self:
            raise AttributeError(name)
        del self[name]

    def update(self, *args, **kwargs):
        for given in (*args, kwargs):
            for name, value in dict(given).items():
                self[name] = value

    def setdefault(self, name, default=None):
        if name not in self:
            self[name] = default
        return self[name]

    def copy(self):
        return type(self)(self)

    def __deepcopy__(self, memo):
        import copy

        made = type(self)()
        for name, value in self.items():
            dict.__setitem__(made, name, copy.deepcopy(value, memo))
        return made

    def to_dict(self):
        plain = lambda v: v.to_dict() if isinstance(v, AttributeDict) else type(v)(map(plain, v)) if type(v) in (list, tuple) else v
        return {k: plain(v) for k, v in self.items()}
