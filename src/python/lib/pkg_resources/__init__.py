"""Versions of packages, as old code asks for them."""

from _opcount import finder
from _opcount.versions import VERSIONS
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
    found = VERSIONS.get(name.lower().replace("_", "-")) or ("1.0" if finder.is_kernel(name) else None)
    if found is None:
        raise DistributionNotFound(name)
    return finder.Distribution(name, found)
