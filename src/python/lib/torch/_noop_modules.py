"""Sub-packages that programs import and that do nothing to shapes."""

from .nn import _float_functional
from ._noop import Context, Nothing, Words, decorator, false, module, none, nothing


def _copied(output, input, *args, **kwargs):
    """Gathering from one device, or scattering over it, gives the same tensor."""
    output.copy_(input)


def _copied_each(outputs, inputs, *args, **kwargs):
    pairs = (
        zip(outputs, inputs if isinstance(inputs, (tuple, list)) else [inputs])
        if isinstance(outputs, (tuple, list))
        else [(outputs, inputs[0])]
    )
    for output, input in pairs:
        output.copy_(input)


_false = {"is_available": false, "is_initialized": false, "is_built": false}

cuda = module(
    "torch.cuda",
    **_false,
    device_count=lambda: 0,
    current_device=lambda: 0,
    empty_cache=none,
    synchronize=none,
    manual_seed=none,
    manual_seed_all=none,
    set_device=none,
    is_bf16_supported=false,
    memory_allocated=lambda *a: 0,
    max_memory_allocated=lambda *a: 0,
    memory_reserved=lambda *a: 0,
    reset_peak_memory_stats=none,
    get_device_name=lambda *a: "none",
    get_device_capability=lambda *a: (0, 0),
    get_device_properties=nothing,
    init=none,
    Event=Nothing,
    Stream=Nothing,
    stream=Context,
    device=Context,
    OutOfMemoryError=type("OutOfMemoryError", (RuntimeError,), {}),
    **{
        name: none
        for name in "ipc_collect reset_max_memory_allocated reset_max_memory_cached set_per_process_memory_fraction set_stream seed seed_all set_rng_state set_rng_state_all set_sync_debug_mode reset_accumulated_memory_stats".split()
    },
    **{name: lambda *a: 0 for name in "max_memory_reserved memory_cached max_memory_cached utilization initial_seed".split()},
    current_stream=nothing,
    default_stream=nothing,
    graph=Context,
    CUDAGraph=Nothing,
    memory_summary=lambda *a, **k: "",
    memory_stats=lambda *a: {},
    mem_get_info=lambda *a: (0, 0),
    get_arch_list=list,
    is_current_stream_capturing=false,
)
_cuda_amp = module("torch.cuda.amp", autocast=Context, GradScaler=Nothing, custom_fwd=decorator, custom_bwd=decorator)
cuda.amp = _cuda_amp
cuda.nvtx = module("torch.cuda.nvtx", range_push=none, range_pop=none)
amp = module("torch.amp", is_autocast_available=false, autocast=Context, GradScaler=Nothing, custom_fwd=decorator, custom_bwd=decorator)
amp.autocast_mode = module("torch.amp.autocast_mode", autocast=Context)
mps = module("torch.mps", **_false)
xpu = module("torch.xpu", **_false, device_count=lambda: 0)
cpu = module("torch.cpu", is_available=lambda: True)
backends = module(
    "torch.backends",
    cudnn=module(
        "torch.backends.cudnn",
        **_false,
        benchmark=False,
        deterministic=False,
        enabled=True,
        allow_tf32=True,
        version=lambda: None,
        flags=Context,
    ),
    cuda=module("torch.backends.cuda", **_false, matmul=Nothing(), sdp_kernel=Context, flash_sdp_enabled=false, enable_flash_sdp=none),
    mps=module("torch.backends.mps", **_false),
    mkldnn=module("torch.backends.mkldnn", **_false, enabled=False),
    openmp=module("torch.backends.openmp", **_false),
    quantized=module("torch.backends.quantized", engine="none", supported_engines=[]),
)
distributed = module(
    "torch.distributed",
    **_false,
    get_rank=lambda *a: 0,
    get_world_size=lambda *a: 1,
    barrier=none,
    init_process_group=none,
    destroy_process_group=none,
    ReduceOp=Words("ReduceOp"),
    **{name: none for name in "all_reduce broadcast reduce monitored_barrier broadcast_object_list all_reduce_coalesced".split()},
    **{
        name: _copied
        for name in "all_gather_into_tensor _all_gather_base reduce_scatter_tensor _reduce_scatter_base all_to_all_single".split()
    },
    **{name: _copied_each for name in "all_gather all_to_all reduce_scatter".split()},
    new_group=nothing,
    get_backend=lambda *a: "gloo",
    is_nccl_available=false,
    is_gloo_available=false,
    is_mpi_available=false,
    is_torchelastic_launched=false,
    get_process_group_ranks=lambda *a: [0],
)
distributed.nn = module("torch.distributed.nn")
distributed.algorithms = module("torch.distributed.algorithms")
distributed.elastic = module("torch.distributed.elastic")
fx = module("torch.fx", wrap=decorator)
for _name in ("graph_module", "proxy", "node", "experimental", "passes", "_compatibility", "_symbolic_trace", "immutable_collections"):
    setattr(fx, _name, module(f"torch.fx.{_name}", compatibility=lambda *a, **k: decorator))
onnx = module("torch.onnx", is_in_onnx_export=false, register_custom_op_symbolic=none)
onnx.symbolic_helper = module("torch.onnx.symbolic_helper", parse_args=lambda *a: decorator)
onnx.symbolic_opset11 = module("torch.onnx.symbolic_opset11")
onnx.operators = module("torch.onnx.operators", shape_as_tensor=lambda x: x)
ao = module("torch.ao")
ao.quantization = module("torch.ao.quantization")
ao.nn = module("torch.ao.nn", quantized=module("torch.ao.nn.quantized", FloatFunctional=_float_functional.FloatFunctional))
quantization = module("torch.quantization")


for _q in (ao.quantization, quantization):
    _q.QuantStub, _q.DeQuantStub = _float_functional.QuantStub, _float_functional.DeQuantStub
optim = module("torch.optim")
for _name in (
    "SGD",
    "Adam",
    "AdamW",
    "RMSprop",
    "Adagrad",
    "Adadelta",
    "Adamax",
    "NAdam",
    "RAdam",
    "LBFGS",
    "Rprop",
    "Optimizer",
    "ASGD",
    "Adafactor",
    "Muon",
    "SparseAdam",
):
    setattr(optim, _name, type(_name, (Nothing,), {"__module__": "torch.optim"}))
optim.lr_scheduler = module("torch.optim.lr_scheduler")
for _name in (
    "StepLR",
    "MultiStepLR",
    "ExponentialLR",
    "CosineAnnealingLR",
    "ReduceLROnPlateau",
    "LambdaLR",
    "OneCycleLR",
    "_LRScheduler",
    "LRScheduler",
    "CosineAnnealingWarmRestarts",
    "LinearLR",
    "SequentialLR",
    "ConstantLR",
    "CyclicLR",
    "ChainedScheduler",
    "MultiplicativeLR",
    "PolynomialLR",
):
    setattr(optim.lr_scheduler, _name, type(_name, (Nothing,), {"__module__": "torch.optim.lr_scheduler"}))
optim.optimizer = module("torch.optim.optimizer", Optimizer=optim.Optimizer)
optim.swa_utils = module("torch.optim.swa_utils")
multiprocessing = module("torch.multiprocessing", set_start_method=none, set_sharing_strategy=none)
overrides = module(
    "torch.overrides",
    has_torch_function=false,
    handle_torch_function=none,
    has_torch_function_unary=false,
    has_torch_function_variadic=false,
    TorchFunctionMode=Nothing,
)
testing = module("torch.testing")
_dynamo = module(
    "torch._dynamo", disable=decorator, allow_in_graph=decorator, config=Nothing(), is_compiling=false, reset=none, graph_break=none
)
_dynamo.utils = module("torch._dynamo.utils", is_compile_supported=false)
_dynamo.eval_frame = module("torch._dynamo.eval_frame")
_inductor = module("torch._inductor", config=Nothing())
compiler = module(
    "torch.compiler",
    disable=decorator,
    is_compiling=false,
    is_dynamo_compiling=false,
    allow_in_graph=decorator,
    assume_constant_result=decorator,
    reset=none,
)
_C = module(
    "torch._C",
    _LinAlgError=type("LinAlgError", (RuntimeError,), {}),
    Node=Nothing,
    Graph=Nothing,
    Value=Nothing,
    ScriptFunction=Nothing,
    _has_mps=False,
    _cuda_getDeviceCount=lambda: 0,
    _ImperativeEngine=Nothing,
    _get_tracing_state=none,
    _log_api_usage_once=none,
    _jit_set_profiling_executor=none,
    _jit_set_profiling_mode=none,
    _jit_override_can_fuse_on_gpu=none,
)
_utils = module("torch._utils")
_jit_internal = module(
    "torch._jit_internal",
    Final=None,
    BroadcastingList2=list,
    BroadcastingList1=list,
    BroadcastingList3=list,
    boolean_dispatch=nothing,
    _overload_method=decorator,
    _copy_to_script_wrapper=decorator,
)
_custom_ops = module("torch._custom_ops")
nested = module("torch.nested")
futures = module("torch.futures")
types = module("torch.types")
storage = module("torch.storage")
masked = module("torch.masked")
export = module("torch.export")
monitor = module("torch.monitor")
package = module("torch.package")
_export = module("torch._export")
_subclasses = module("torch._subclasses")
_prims = module("torch._prims")
_refs = module("torch._refs")
_decomp = module("torch._decomp")
signal = module("torch.signal")
accelerator = module("torch.accelerator", is_available=false)

# Members of torch itself.
MEMBERS = {}
for _name in (
    "mps",
    "xpu",
    "cpu",
    "_dynamo",
    "_inductor",
    "compiler",
    "_C",
    "_utils",
    "_jit_internal",
    "nested",
    "futures",
    "types",
    "storage",
    "masked",
    "export",
    "accelerator",
    "_subclasses",
):
    MEMBERS[_name] = globals()[_name]

MEMBERS["__config__"] = module("torch.__config__", show=lambda: "opcount", parallel_info=lambda: "")
module(
    "torch._six",
    string_classes=(str, bytes),
    int_classes=int,
    inf=float("inf"),
    nan=float("nan"),
    container_abcs=__import__("collections").abc,
    PY3=True,
    PY37=True,
    FileNotFoundError=FileNotFoundError,
)
_C._nn = module("torch._C._nn")
_C._distributed_c10d = module("torch._C._distributed_c10d")
for _name in (
    "fsdp",
    "tensor",
    "device_mesh",
    "optim",
    "pipelining",
    "rpc",
    "checkpoint",
    "_composable",
    "nn.functional",
    "distributed_c10d",
    "utils",
    "run",
    "launch",
):
    module(f"torch.distributed.{_name}")
for _name in (
    "fsdp.wrap",
    "fsdp.fully_sharded_data_parallel",
    "tensor.parallel",
    "algorithms._checkpoint.checkpoint_wrapper",
    "algorithms._checkpoint",
):
    module(f"torch.distributed.{_name}")
