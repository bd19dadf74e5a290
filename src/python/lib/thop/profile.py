"""thop's profile, with its own numbers."""

import torch.nn as nn
from _opcount import tools

_RULES = {}
for _rule, _names in {
    "zero_ops": "ZeroPad2d ReLU ReLU6 MaxPool1d MaxPool2d MaxPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d Dropout Sequential PixelShuffle",
    "count_convNd": "Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d",
    "count_normalization": "BatchNorm1d BatchNorm2d BatchNorm3d LayerNorm InstanceNorm1d InstanceNorm2d InstanceNorm3d SyncBatchNorm",
    "count_prelu": "PReLU",
    "count_softmax": "Softmax",
    "count_relu": "LeakyReLU",
    "count_avgpool": "AvgPool1d AvgPool2d AvgPool3d",
    "count_adap_avgpool": "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d",
    "count_linear": "Linear",
    "count_upsample": "Upsample UpsamplingBilinear2d UpsamplingNearest2d",
    "count_rnn_cell": "RNNCell",
    "count_gru_cell": "GRUCell",
    "count_lstm_cell": "LSTMCell",
    "count_rnn": "RNN",
    "count_gru": "GRU",
    "count_lstm": "LSTM",
}.items():
    for _name in _names.split():
        _RULES[getattr(nn, _name)] = _rule


def profile(model, inputs, custom_ops=None, verbose=True, ret_layer_info=False, report_missing=False):
    custom_ops = custom_ops or {}
    if report_missing:
        verbose = True
    if verbose:
        _announce(model, custom_ops, report_missing)
    # Without a name of its own thop has one: what `import thop` is may be chosen.
    result = tools.measure(model, inputs, convention=CONVENTION, custom=custom_ops)
    ops, params = float(result["counts"]["macs"]), float(result["params"])
    if ret_layer_info:
        return ops, params, _layers(model, result["layers"])
    return ops, params


CONVENTION = "thop"


def _announce(model, custom_ops, report_missing):
    seen = set()

    def visit(module):
        kind = type(module)
        if kind in seen:
            return
        if kind in custom_ops:
            print(f"[INFO] Customize rule {custom_ops[kind].__qualname__}() {kind}.")
        elif kind in _RULES:
            print(f"[INFO] Register {_RULES[kind]}() for {kind}.")
        elif report_missing:
            print(f"\033[91m[WARN] Cannot find rule for {kind}. Treat it as zero Macs and zero Params.\033[00m")
        seen.add(kind)

    model.apply(visit)


def _layers(model, layers, prefix=""):
    """Operations and parameters below each child, nested as the model is."""
    out = {}
    for name, child in model.named_children():
        path = f"{prefix}.{name}" if prefix else name
        inside = _layers(child, layers, path)
        own = layers.get(path)
        if own is not None:
            out[name] = (float(own["macs"]), float(own["params"]), inside)
        else:
            out[name] = (sum(v[0] for v in inside.values()), sum(v[1] for v in inside.values()), inside)
    return out


def profile_origin(model, inputs, custom_ops=None, verbose=True, report_missing=False):
    return profile(model, inputs, custom_ops, verbose, report_missing=report_missing)
