"""thop: `profile` and `clever_format`."""

from .profile import profile, profile_origin  # noqa: F401
from .utils import clever_format  # noqa: F401

__version__ = "0.1.1"
default_dtype = "float64"
