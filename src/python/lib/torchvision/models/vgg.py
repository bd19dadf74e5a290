"""VGG as classes that programs inherit from and build themselves."""

import torch
from torch import nn


class VGG(nn.Module):
    def __init__(self, features, num_classes=1000, init_weights=True, dropout=0.5):
        super().__init__()
        self.features = features
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096),
            nn.ReLU(True),
            nn.Dropout(p=dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(True),
            nn.Dropout(p=dropout),
            nn.Linear(4096, num_classes),
        )

    def forward(self, x):
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


def make_layers(cfg, batch_norm=False):
    layers, width = [], 3
    for v in cfg:
        if v == "M":
            layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
            continue
        layers.append(nn.Conv2d(width, v, kernel_size=3, padding=1))
        if batch_norm:
            layers.append(nn.BatchNorm2d(v))
        layers.append(nn.ReLU(inplace=True))
        width = v
    return nn.Sequential(*layers)


def _plan(*counts):
    return [x for n, width in zip(counts, (64, 128, 256, 512, 512)) for x in [width] * n + ["M"]]


cfgs = {"A": _plan(1, 1, 2, 2, 2), "B": _plan(2, 2, 2, 2, 2), "D": _plan(2, 2, 3, 3, 3), "E": _plan(2, 2, 4, 4, 4)}
cfg = cfgs


def _factory(name, plan, batch_norm):
    def build(weights=None, progress=True, **kwargs):
        for ignored in ("pretrained", "init_weights"):
            kwargs.pop(ignored, None)
        return VGG(make_layers(cfgs[plan], batch_norm), **kwargs)

    build.__name__ = build.__qualname__ = name
    build.__module__ = __name__
    return build


FACTORIES = {
    f"vgg{n}{'_bn' if bn else ''}": _factory(f"vgg{n}{'_bn' if bn else ''}", plan, bn)
    for n, plan in ((11, "A"), (13, "B"), (16, "D"), (19, "E"))
    for bn in (False, True)
}
globals().update(FACTORIES)
model_urls = {name: "" for name in FACTORIES}


def __getattr__(name):
    if name.endswith("_Weights"):
        from . import WeightsClass

        return WeightsClass(name)
    raise AttributeError(name)
