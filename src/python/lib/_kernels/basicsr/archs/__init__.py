"""Networks, built from an option's `type`."""

from basicsr.utils.registry import ARCH_REGISTRY


def build_network(opt):
    settings = dict(opt)
    return ARCH_REGISTRY.get(settings.pop("type"))(**settings)
