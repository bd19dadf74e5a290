"""Versions of the packages that opcount brings or whose names it answers to."""

VERSIONS = {
    "torch": "2.13.0",
    "torchvision": "0.28.0",
    "numpy": "2.3.4",
    "einops": "0.8.1",
    "timm": "1.0.22",
    "packaging": "25.0",
    "pyyaml": "6.0.3",
    "tqdm": "4.67.1",
    "setuptools": "80.9.0",
    "regex": "2025.11.3",
    "huggingface-hub": "1.31.0",
}
# Members of these packages depend on the version they state; of the others so little is here that any version does.
FIRM = {VERSIONS[name] for name in ("torch", "torchvision", "numpy", "timm")}
