"""Layers in a row: ordinary ones work on the features of the active sites."""

from torch import nn

from .conv import SparseModule
from .core import SparseConvTensor


class SparseSequential(SparseModule):
    def __init__(self, *args, **kwargs):
        super().__init__()
        named = args[0].items() if len(args) == 1 and isinstance(args[0], dict) else enumerate(args)
        for name, module in [*named, *kwargs.items()]:
            self.add_module(str(name), module)

    def __getitem__(self, i):
        return list(self._modules.values())[i]

    def __len__(self):
        return len(self._modules)

    def __iter__(self):
        return iter(list(self._modules.values()))

    def add(self, module, name=None):
        self.add_module(name or str(len(self._modules)), module)

    def forward(self, input):
        for module in self._modules.values():
            if isinstance(module, (SparseModule, nn.Sequential)) or not isinstance(input, SparseConvTensor):
                input = module(input)
            else:
                input = input.replace_feature(module(input.features))
        return input


class ToDense(SparseModule):
    def forward(self, x):
        return x.dense()


class RemoveGrid(SparseModule):
    def forward(self, x):
        return x


class SparseReLU(nn.ReLU):
    def forward(self, x):
        return x.replace_feature(super().forward(x.features)) if isinstance(x, SparseConvTensor) else super().forward(x)


class SparseBatchNorm(nn.BatchNorm1d):
    def forward(self, x):
        return x.replace_feature(super().forward(x.features)) if isinstance(x, SparseConvTensor) else super().forward(x)


class SparseIdentity(nn.Identity):
    pass


def is_spconv_module(module):
    return isinstance(module, SparseModule)


def is_sparse_conv(module):
    from .conv import SparseConvolution

    return isinstance(module, SparseConvolution)


def assign_name_for_sparse_modules(module):
    return None
