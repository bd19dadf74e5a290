"""The computer as programs see it: an ordinary one, since some refuse to be imported elsewhere."""

import platform
import sys


def pose():
    import multiprocessing  # noqa: F401  (these look at the real platform, once)
    import subprocess  # noqa: F401

    sys.platform = "linux"
    platform.system = lambda: "Linux"
    platform.machine = lambda: "x86_64"
    platform.platform = lambda *a, **k: "Linux-x86_64"
    platform.release = lambda: "6.0"
