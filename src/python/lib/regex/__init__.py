"""The package `regex`, by the standard library's expressions: classes of Unicode are taken for word characters."""

import re
from re import *  # noqa: F401,F403
from re import error, escape, purge  # noqa: F401

V0 = VERSION0 = V1 = VERSION1 = B = BESTMATCH = F = FULLCASE = P = POSIX = R = REVERSE = W = WORD = 0
Regex = Pattern = re.Pattern
Match = re.Match
_CLASSES = re.compile(r"\[?\\[pP]\{[^}]*\}")


def _plain(pattern):
    if not isinstance(pattern, str):
        return pattern
    return _CLASSES.sub(lambda m: r"[\w" if m.group()[0] == "[" else r"\w", pattern)


def compile(pattern, flags=0, **_):
    return re.compile(_plain(pattern), flags)


def _with(name):
    def run(pattern, *args, flags=0, **kwargs):
        compiled = pattern if isinstance(pattern, re.Pattern) else compile(pattern, flags)
        return getattr(compiled, name)(*args, **kwargs)

    run.__name__ = name
    return run


match, fullmatch, search, sub, subn, split, findall, finditer = map(
    _with, ("match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer")
)
