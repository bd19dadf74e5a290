"""torchstat's table."""

import torch.nn as nn
from _opcount import bridge, tools

__version__ = "0.0.7"

_FLOPS = (nn.Conv2d, nn.BatchNorm2d, nn.AvgPool2d, nn.MaxPool2d, nn.ReLU, nn.ReLU6, nn.PReLU, nn.ELU, nn.LeakyReLU, nn.Upsample, nn.Linear)
_MADD = (nn.Conv2d, nn.ConvTranspose2d, nn.BatchNorm2d, nn.MaxPool2d, nn.AvgPool2d, nn.ReLU, nn.ReLU6, nn.Softmax, nn.Linear, nn.Bilinear)
_MEMORY = (nn.ReLU, nn.ReLU6, nn.ELU, nn.LeakyReLU, nn.PReLU, nn.Conv2d, nn.BatchNorm2d, nn.Linear, nn.AvgPool2d, nn.MaxPool2d)


class ModelStat:
    def __init__(self, model, input_size, query_granularity=1):
        assert isinstance(model, nn.Module)
        assert isinstance(input_size, (tuple, list)) and len(input_size) == 3
        self._model = model
        self._input_size = input_size

    def show_report(self):
        ledger, _ = tools.run(self._model, (tools.random_input(self._input_size),), {})
        modules = dict(self._model.named_modules())
        for call in tools.calls(ledger):
            module = modules[call["path"]]
            if not list(module.children()):
                for title, kinds in (("MAdd", _MADD), ("Flops", _FLOPS), ("Memory", _MEMORY)):
                    if not isinstance(module, kinds):
                        print(f"[{title}]: {type(module).__name__} is not supported!")
        print(bridge.call("stat", ledger))


def stat(model, input_size, query_granularity=1):
    ModelStat(model, input_size, query_granularity).show_report()
