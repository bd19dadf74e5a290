"""`torch.func`: calls with other weights, and functions over a batch of arguments."""

from . import _joins, autograd
from ._tensor import Tensor
from .utils._pytree import tree_flatten, tree_unflatten

# More calls than this are not written out.
MAX_CALLS = 4096


def functional_call(module, parameters_and_buffer_dicts, args=None, kwargs=None, *, tie_weights=True, strict=False):
    """The module with the given tensors in place of its own, for this call alone."""
    given = {}
    for part in parameters_and_buffer_dicts if isinstance(parameters_and_buffer_dicts, (tuple, list)) else [parameters_and_buffer_dicts]:
        given.update(part)
    saved = []
    try:
        for path, tensor in given.items():
            owner, _, name = path.rpartition(".")
            holder = module.get_submodule(owner)
            for kind in ("_parameters", "_buffers"):
                if name in holder.__dict__[kind]:
                    saved.append((holder.__dict__[kind], name, holder.__dict__[kind][name]))
                    holder.__dict__[kind][name] = tensor
        args = () if args is None else args if isinstance(args, tuple) else (args,)
        return module(*args, **(kwargs or {}))
    finally:
        for members, name, tensor in reversed(saved):
            members[name] = tensor


def vmap(func, in_dims=0, out_dims=0, randomness="error", *, chunk_size=None):
    """Runs each element of the batch by itself and stacks the results."""

    def run(*args, **kwargs):
        flat, spec = tree_flatten(args)
        dims = _spread(in_dims, args)
        sizes = {x.shape[d] for x, d in zip(flat, dims) if d is not None and isinstance(x, Tensor)}
        if len(sizes) != 1:
            raise ValueError(
                f"vmap: expected all tensors to have the same size in the mapped dimension, got sizes {sorted(map(str, sizes))}"
            )
        n = sizes.pop()
        if hasattr(n, "_formula") or n > MAX_CALLS:
            raise NotImplementedError(
                f"torch.vmap over {n} calls: opcount writes out at most {MAX_CALLS}; give a smaller number in --input"
            )
        results = []
        for i in range(n):
            parts = [x.select(d, i) if d is not None and isinstance(x, Tensor) else x for x, d in zip(flat, dims)]
            results.append(func(*tree_unflatten(parts, spec), **kwargs))
        leaves, out_spec = tree_flatten(results[0])
        columns = zip(*[tree_flatten(r)[0] for r in results])
        outs = _spread(out_dims, results[0]) if isinstance(out_dims, (tuple, list)) else [out_dims] * len(leaves)
        return tree_unflatten([_joins.stack(list(c), d or 0) for c, d in zip(columns, outs)], out_spec)

    return run


def _spread(dims, value):
    """An axis for each leaf of a nested value."""
    if isinstance(dims, (tuple, list)) and isinstance(value, (tuple, list)):
        return [d for part, v in zip(dims, value) for d in _spread(part, v)]
    if isinstance(dims, dict) and isinstance(value, dict):
        return [d for k, v in value.items() for d in _spread(dims[k], v)]
    return [dims] * len(tree_flatten(value)[0])


def stack_module_state(models):
    def stacked(of):
        named = [dict(of(m)) for m in models]
        return {k: _joins.stack([d[k] for d in named]) for k in named[0]}

    return stacked(lambda m: m.named_parameters()), stacked(lambda m: m.named_buffers())


grad, grad_and_value, vjp, jvp, jacrev, jacfwd, hessian, linearize = (
    autograd.refused(f"torch.func.{n}") for n in ("grad", "grad_and_value", "vjp", "jvp", "jacrev", "jacfwd", "hessian", "linearize")
)
