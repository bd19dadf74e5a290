"""Versions that compare."""

import re


class InvalidVersion(ValueError):
    pass


class Version:
    def __init__(self, version):
        self._text = version
        public = version.split("+")[0]
        self.release = tuple(int(n) for n in re.findall(r"\d+", re.split(r"[a-z]", public)[0]))
        self.is_prerelease = bool(re.search(r"(a|b|rc|dev)\d*", public))

    @property
    def major(self):
        return (*self.release, 0)[0]

    @property
    def minor(self):
        return (*self.release, 0, 0)[1]

    @property
    def micro(self):
        return (*self.release, 0, 0, 0)[2]

    @property
    def public(self):
        return self._text.split("+")[0]

    @property
    def base_version(self):
        return ".".join(map(str, self.release))

    @property
    def _any(self):
        return type(self._text).__name__ == "AnyVersion"

    def _key(self):
        return (*self.release, 0, 0, 0)[:4]

    def __lt__(self, other):
        return self._any or self._key() < other._key()

    def __le__(self, other):
        return self._any or self._key() <= other._key()

    def __gt__(self, other):
        return self._any or self._key() > other._key()

    def __ge__(self, other):
        return self._any or self._key() >= other._key()

    def __eq__(self, other):
        return isinstance(other, Version) and (self._any or self._key() == other._key())

    def __hash__(self):
        return hash(self._key())

    def __str__(self):
        return self._text


def parse(version):
    return Version(version if isinstance(version, str) else str(version))
