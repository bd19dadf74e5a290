"""torchsummary's table, as it prints it."""

from collections import OrderedDict
from math import prod

import torch
from torch import nn


def summary(model, input_size, batch_size=-1, device="cuda"):
    if str(device).lower() not in ("cuda", "cpu"):
        raise AssertionError("Input device is not valid, please specify 'cuda' or 'cpu'")
    rows, hooks = OrderedDict(), []

    def register(module):
        def hook(module, given, output):
            name = f"{str(module.__class__).split('.')[-1].split(chr(39))[0]}-{len(rows) + 1}"
            row = rows[name] = {"trainable": None, "params": 0}
            shapes = (
                [[batch_size, *list(o.size())[1:]] for o in output]
                if isinstance(output, (list, tuple))
                else [batch_size, *list(output.size())[1:]]
            )
            row["shape"] = shapes
            for member in ("weight", "bias"):
                value = getattr(module, member, None)
                if hasattr(value, "size"):
                    row["params"] += value.numel()
                    if member == "weight":
                        row["trainable"] = value.requires_grad

        if not isinstance(module, (nn.Sequential, nn.ModuleList)) and module is not model:
            hooks.append(module.register_forward_hook(hook))

    sizes = [input_size] if isinstance(input_size, tuple) else input_size
    given = [torch.rand(2, *size) for size in sizes]
    model.apply(register)
    model(*given)
    for handle in hooks:
        handle.remove()

    line = "{:>20}  {:>25} {:>15}"
    print("-" * 64)
    print(line.format("Layer (type)", "Output Shape", "Param #"))
    print("=" * 64)
    total = outputs = trainable = 0
    for name, row in rows.items():
        print(line.format(name, str(row["shape"]), f"{row['params']:,}"))
        total += row["params"]
        shape = row["shape"]
        outputs += prod(x for s in shape for x in s) if isinstance(shape[0], list) else prod(shape)
        if row["trainable"]:
            trainable += row["params"]
    megabytes = lambda n: abs(n * 4.0 / 1024**2)
    whole = sum(prod(s) for s in sizes) if len(sizes) == 1 else prod(prod(s) for s in sizes)
    told = [megabytes(whole * batch_size), megabytes(2.0 * outputs), megabytes(total)]
    print("=" * 64)
    print(f"Total params: {total:,}")
    print(f"Trainable params: {trainable:,}")
    print(f"Non-trainable params: {total - trainable:,}")
    print("-" * 64)
    for title, n in zip(("Input size", "Forward/backward pass size", "Params size"), told):
        print(f"{title} (MB): {n:.2f}")
    print(f"Estimated Total Size (MB): {sum(told):.2f}")
    print("-" * 64)
