"""
spconv: convolutions over the active sites of a grid. How many sites are active is data: it stays a free size, `sites_1`,
`sites_2`, … wherever a convolution makes new ones.
"""

from . import pytorch  # noqa: F401
from .pytorch import *  # noqa: F401,F403

__version__ = "2.3.8"
