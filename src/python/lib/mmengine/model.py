"""Modules that know how to begin; here they only are."""

import copy

from torch import nn


class BaseModule(nn.Module):
    def __init__(self, init_cfg=None):
        super().__init__()
        self._is_init, self.init_cfg = False, copy.deepcopy(init_cfg)

    @property
    def is_init(self):
        return self._is_init

    def init_weights(self):
        self._is_init = True


class BaseModel(BaseModule):
    def __init__(self, data_preprocessor=None, init_cfg=None):
        super().__init__(init_cfg)


class Sequential(BaseModule, nn.Sequential):
    def __init__(self, *args, init_cfg=None):
        BaseModule.__init__(self, init_cfg)
        nn.Sequential.__init__(self, *args)


class ModuleList(BaseModule, nn.ModuleList):
    def __init__(self, modules=None, init_cfg=None):
        BaseModule.__init__(self, init_cfg)
        nn.ModuleList.__init__(self, modules)


class ModuleDict(BaseModule, nn.ModuleDict):
    def __init__(self, modules=None, init_cfg=None):
        BaseModule.__init__(self, init_cfg)
        nn.ModuleDict.__init__(self, modules)


def _begin(module, *args, **kwargs):
    return None


constant_init = kaiming_init = normal_init = xavier_init = trunc_normal_init = uniform_init = caffe2_xavier_init = bias_init_with_prob = (
    initialize
) = update_init_info = _begin
trunc_normal_ = lambda tensor, *args, **kwargs: tensor


def is_model_wrapper(model):
    return False


def revert_sync_batchnorm(module):
    return module
