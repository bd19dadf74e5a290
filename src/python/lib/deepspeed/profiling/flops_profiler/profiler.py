"""DeepSpeed's profile of a model, with its own numbers; what it measures in time is not there."""

import sys

from _opcount import tools


_NOTATIONS = """Notations:
data parallel size (dp_size), model parallel size(mp_size),
number of parameters (params), number of multiply-accumulate operations(MACs),
number of floating-point operations (flops), floating-point operations per second (FLOPS),
fwd latency (forward propagation latency), bwd latency (backward propagation latency),
step (weights update latency), iter latency (sum of fwd, bwd and step latency)
"""
_ORDER = """Each module profile is listed after its name in the following order:\x20
params, percentage of total params, MACs, percentage of total MACs, fwd latency, percentage of total fwd latency, fwd FLOPS
"""
_NOTE = """Note: 1. A module can have torch.nn.module or torch.nn.functional to compute logits (e.g. CrossEntropyLoss). They are not counted as submodules, thus not to be printed out. However they make up the difference between a parent's MACs (or latency) and the sum of its submodules'.
2. Number of floating-point operations is a theoretical estimation, thus FLOPS computed using that could be larger than the maximum system throughput.
3. The fwd latency listed in the top module's profile is directly captured at the module forward function in PyTorch, thus it's less than the fwd latency shown above which is captured in DeepSpeed.
"""


def number_to_string(num, units=None, precision=2):
    sizes = {"P": 1e15, "T": 1e12, "G": 1e9, "M": 1e6, "K": 1e3, "": 1}
    if units is None:
        units = next((u for u, size in sizes.items() if num >= size), "")
    return f"{round(num / sizes[units], precision):g} {units}"


def _with_unit(unit):
    def text(n, units=None, precision=2):
        return number_to_string(n, units, precision) + unit

    return text


macs_to_string, flops_to_string = _with_unit("MACs"), _with_unit("FLOPS")


def params_to_string(n, units=None, precision=2):
    return number_to_string(n, units, precision).replace("B", "G").strip()


def duration_to_string(duration, units=None, precision=2):
    return f"{round(duration, precision)} s"


def get_model_profile(
    model,
    input_shape=None,
    args=(),
    kwargs=None,
    print_profile=True,
    detailed=True,
    module_depth=-1,
    top_modules=1,
    warm_up=1,
    as_string=True,
    output_file=None,
    ignore_modules=None,
    mode="forward",
):
    import torch

    assert isinstance(model, torch.nn.Module), "model must be a PyTorch module"
    if mode != "forward":
        raise NotImplementedError(f"get_model_profile(mode={mode!r}): opcount profiles the forward pass")
    if ignore_modules:
        raise NotImplementedError("get_model_profile(ignore_modules=…) is not served by opcount")
    if input_shape is not None:
        assert type(input_shape) is tuple, "input_shape must be a tuple"
        assert len(input_shape) >= 1, "input_shape must have at least one element"
        args = [torch.ones(()).new_empty(input_shape)]
    model.eval()
    profiler = FlopsProfiler(model)
    profiler._measure(tuple(args), dict(kwargs or {}))
    if print_profile:
        profiler.print_model_profile(warm_up, module_depth, top_modules, detailed, output_file)
    flops, macs, params = profiler.get_total_flops(), profiler.get_total_macs(), profiler.get_total_params()
    return (number_to_string(flops), macs_to_string(macs), params_to_string(params)) if as_string else (flops, macs, params)


class FlopsProfiler:
    def __init__(self, model, ds_engine=None, recompute_fwd_factor=0.0):
        self.model = model
        self._recording = self._result = None

    def _measure(self, args, kwargs):
        self._result = tools.measure(self.model, args, kwargs, convention="deepspeed")

    def start_profile(self, ignore_list=None):
        self._before = self.model.forward
        profiler = self

        def forward(*args, **kwargs):
            self.model.__dict__.pop("forward", None)
            profiler._measure(args, kwargs)
            return self._before(*args, **kwargs)

        self.model.__dict__["forward"] = forward

    def stop_profile(self):
        self.model.__dict__.pop("forward", None)

    def end_profile(self):
        self.stop_profile()

    reset_profile = stop_profile

    def get_total_flops(self, as_string=False):
        n = self._result["counts"]["flops"]
        return number_to_string(n) if as_string else n

    def get_total_macs(self, as_string=False):
        n = self._result["counts"]["macs"]
        return macs_to_string(n) if as_string else n

    def get_total_params(self, as_string=False):
        n = tools.parameters(self.model)
        return params_to_string(n) if as_string else n

    def get_total_duration(self, as_string=False):
        raise NotImplementedError("FlopsProfiler.get_total_duration: opcount runs nothing, so no time is measured")

    def print_model_profile(self, profile_step=1, module_depth=-1, top_modules=1, detailed=True, output_file=None):
        """DeepSpeed's profile; `--` stands where it has durations."""
        out = open(output_file, "w") if output_file else sys.stdout
        flops, macs, params = self.get_total_flops(), self.get_total_macs(), self.get_total_params()
        put = lambda *text: print(*text, file=out)
        put("\n-------------------------- DeepSpeed Flops Profiler --------------------------")
        put(f"Profile Summary at step {profile_step}:")
        put(_NOTATIONS)
        for title, value in (
            ("params per GPU", params_to_string(params)),
            # Without an engine, DeepSpeed states none.
            ("params of model = params per GPU * mp_size", "0"),
            ("fwd MACs per GPU", macs_to_string(macs)),
            ("fwd flops per GPU", number_to_string(flops)),
            ("fwd flops of model = fwd flops per GPU * mp_size", number_to_string(flops)),
            ("fwd latency", "--"),
            ("fwd FLOPS per GPU = fwd flops per GPU / fwd latency", "--"),
        ):
            put(f"{title + ': ':<70}  {value:<8}")
        if detailed:
            put("\n----------------------------- Aggregated Profile per GPU -----------------------------")
            self.print_model_aggregated_profile(module_depth, top_modules, out)
            put("\n------------------------------ Detailed Profile per GPU ------------------------------")
            put(_ORDER)
            put(_NOTE)
            put(self._tree(self.model, "", params, macs))
        put("------------------------------------------------------------------------------")
        if output_file:
            out.close()

    def _of(self, path, what):
        return sum(row.get(what, 0) for p, row in self._result["layers"].items() if p == path or not path or p.startswith(path + "."))

    def _tree(self, module, path, params, macs):
        own, n = tools.parameters(module), self._of(path, "macs")
        share = lambda x, whole: f"{round(100 * x / whole, 2) if whole else 0:g}%"
        told = f"{params_to_string(own)} = {share(own, params)} Params, {macs_to_string(n)} = {share(n, macs)} MACs, -- latency, -- FLOPS"
        inside = [
            f"({name}): " + self._tree(m, f"{path}.{name}" if path else name, params, macs).replace("\n", "\n  ")
            for name, m in module.named_children()
        ]
        extra = module.extra_repr()
        text = told + (", " + extra if extra else "")
        return f"{type(module).__name__}({text})" if not inside else f"{type(module).__name__}(\n  {text}\n  " + "\n  ".join(inside) + "\n)"

    def print_model_aggregated_profile(self, module_depth=-1, top_modules=1, out=None):
        levels = {}
        for path, module in self.model.named_modules(remove_duplicate=False):
            level = levels.setdefault(path.count(".") + 1 if path else 0, {})
            row = level.setdefault(type(module).__name__, [0, 0])
            row[0] += self._of(path, "macs")
            row[1] += tools.parameters(module)
        print(f"Top {top_modules} modules in terms of params, MACs or fwd latency at different model depths:", file=out)
        # The last depth is not among those that DeepSpeed prints.
        for d in range(len(levels) - 1 if module_depth == -1 else module_depth):
            by = lambda i: {k: v[i] for k, v in sorted(levels[d].items(), key=lambda kv: kv[1][i], reverse=True)[:top_modules]}
            print(f"depth {d}:", file=out)
            print(f"    params      - { ({k: params_to_string(v) for k, v in by(1).items()}) }", file=out)
            print(f"    MACs        - { ({k: macs_to_string(v) for k, v in by(0).items()}) }", file=out)
            print("    fwd latency - --", file=out)
