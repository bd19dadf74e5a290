"""The requirements of an installed package count as installed too, as they are on any machine where it runs."""

import os
import re
import sys

# Names of distributions and of the modules that they bring, where these differ.
_MODULES = {
    "pyyaml": "yaml",
    "pillow": "PIL",
    "opencv-python": "cv2",
    "opencv-python-headless": "cv2",
    "scikit-learn": "sklearn",
    "scikit-image": "skimage",
    "protobuf": "google",
    "python-dateutil": "dateutil",
}
_needs = {}


def needed_by(path):
    """Modules that the package of a file needs by its metadata, without what is optional."""
    roots = [p for p in sys.path if p and path.startswith(p.rstrip("/") + "/")]
    if not roots:
        return frozenset()
    root = max(roots, key=len)  # a folder of packages may lie within another one
    package = path[len(root.rstrip("/")) + 1 :].split("/")[0]
    key = (root, package)
    if key not in _needs:
        _needs[key] = _read(root, package)
    return _needs[key]


def _read(root, package):
    wanted = package.lower().replace("_", "-")
    for entry in os.listdir(root) if os.path.isdir(root) else ():
        name = entry.removesuffix(".dist-info")
        if name == entry or name.rpartition("-")[0].lower().replace("_", "-") != wanted:
            continue
        try:
            with open(os.path.join(root, entry, "METADATA"), encoding="utf-8", errors="replace") as f:
                lines = f.read().split("\n\n")[0].splitlines()
        except OSError:
            continue
        names = [m.group(1) for line in lines if (m := re.match(r"Requires-Dist:\s*([\w.-]+)(?!.*;.*\bextra\b)", line))]
        return frozenset(_MODULES.get(n.lower().replace("_", "-"), n.replace("-", "_")) for n in names)
    return frozenset()


def reset():
    _needs.clear()
