"""Patterns: `b (h p) w -> b h (p w)` as lists of groups of names."""

import functools

from ._errors import EinopsError

# The axes that are not named: each by itself, or all as one in brackets.
DOTS, TOGETHER = "…", "(…)"


@functools.lru_cache(None)
def parse(side):
    """Groups of axes, each a tuple of names; `1` and `()` are empty groups."""
    groups, inside = [], None
    for token in side.replace("...", f" {DOTS} ").replace("(", " ( ").replace(")", " ) ").split():
        if token == "(":
            if inside is not None:
                raise EinopsError(f"brackets within brackets in {side!r}")
            inside = []
        elif token == ")":
            if inside is None:
                raise EinopsError(f"brackets are not balanced in {side!r}")
            groups.append(tuple(TOGETHER if n == DOTS else n for n in inside))
            inside = None
        elif inside is not None:
            if token != "1":
                inside.append(_unique(token, groups, inside))
        else:
            groups.append(() if token == "1" else (_unique(token, groups, ()),))
    if inside is not None:
        raise EinopsError(f"brackets are not balanced in {side!r}")
    names = [n for g in groups for n in g if n != "_"]
    if len(set(names)) != len(names):
        raise EinopsError(f"an axis is named twice in {side!r}")
    for n in names:
        if n not in (DOTS, TOGETHER) and not n.isidentifier() and number(n) is None:
            raise EinopsError(f"{n!r} is not the name of an axis")
    return tuple(groups)


def _unique(token, groups, inside):
    """A number is an axis without a name: each gets one of its own."""
    return f"{token}#{len(groups)}.{len(inside)}" if token.isdigit() else token


def number(name):
    """The extent that a pattern spells out, or None for a name."""
    return int(name.partition("#")[0]) if "#" in name else None


def sides(pattern):
    left, arrow, right = pattern.partition("->")
    if not arrow or "->" in right:
        raise EinopsError(f"a pattern has one '->': {pattern!r}")
    return parse(left.strip()), parse(right.strip())


def spell_dots(groups, count):
    """The ellipsis as as many axes."""
    axes = tuple(f"{DOTS}{i}" for i in range(count))
    return tuple(
        g2
        for g in groups
        for g2 in ([(a,) for a in axes] if g == (DOTS,) else [tuple(n2 for n in g for n2 in (axes if n == TOGETHER else (n,)))])
    )


def match(groups, shape, lengths, pattern):
    """The extent of every axis of the left side."""
    if len(groups) != len(shape):
        raise EinopsError(f"Wrong shape: expected {len(groups)} dims. Received {len(shape)}-dim tensor. Pattern: {pattern!r}")
    known = dict(lengths)
    found = {}
    for group, extent in zip(groups, shape):
        for n in group:
            if number(n) is not None:
                known[n] = number(n)
        free = [n for n in group if n not in known]
        product = 1
        for n in group:
            if n in known:
                product = product * known[n]
        if len(free) > 1:
            raise EinopsError(f"Could not infer sizes for {set(free)}. Pattern: {pattern!r}")
        if free:
            whole = extent // product
            if whole * product != extent:
                raise EinopsError(f"Shape mismatch, can't divide axis of length {extent} in chunks of {product}. Pattern: {pattern!r}")
            found[free[0]] = whole
        elif product != extent:
            raise EinopsError(f"Shape mismatch, {extent} != {product}. Pattern: {pattern!r}")
        for n in group:
            if n in known:
                found[n] = known[n]
    return found
