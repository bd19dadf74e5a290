"""Names that moved between Pythons."""

import builtins  # noqa: F401
import configparser  # noqa: F401
import pickle as cPickle  # noqa: F401
import queue  # noqa: F401
import urllib  # noqa: F401
from functools import reduce  # noqa: F401
from io import StringIO  # noqa: F401
from itertools import filterfalse, zip_longest  # noqa: F401

range = xrange = builtins.range
map, zip, filter, input = builtins.map, builtins.zip, builtins.filter, builtins.input
