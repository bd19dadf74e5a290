"""Versions of packages, as old code asks for them."""

from packaging.version import parse as parse_version  # noqa: F401


class DistributionNotFound(Exception):
    pass


class VersionConflict(Exception):
    pass


def parse_requirements(text):
    return []


def require(*args):
    return []


def get_distribution(name):
    raise DistributionNotFound(name)
