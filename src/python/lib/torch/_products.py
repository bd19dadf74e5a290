"""Sums of products: einsum in both of its spellings, tensordot, products of sparse matrices."""

import builtins

from ._dispatch import apply
from ._tensor import Tensor


def einsum(equation, *operands):
    if not isinstance(equation, str):
        equation, operands = _spelled((equation, *operands))
    elif len(operands) == 1 and isinstance(operands[0], (tuple, list)):
        operands = operands[0]
    return apply("einsum", (equation, list(operands)), None, "torch.einsum")


def _spelled(given):
    """`einsum(x, [0, 1], w, [1, 2], [0, 2])` as an equation and its operands."""
    tensors, lists = list(given[0::2]), list(given[1::2])
    output = tensors.pop() if len(given) % 2 else None
    text = lambda labels: "".join("..." if i is Ellipsis else _letter(builtins.int(i)) for i in labels)
    return ",".join(map(text, lists)) + ("" if output is None else "->" + text(output)), tensors


def _letter(i):
    if not 0 <= i < 52:
        raise ValueError(f"einsum(): subscript {i} is not within the valid range [0, 52)")
    return chr(65 + i) if i < 26 else chr(71 + i)


def tensordot(a, b, dims=2, out=None):
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    if isinstance(dims, builtins.int):
        dims = (list(range(a.dim() - dims, a.dim())), list(range(dims)))
    left, right = ([d] if isinstance(d, builtins.int) else list(d) for d in dims)
    return apply("tensordot", (a, b, left, right), None, "torch.tensordot")


def chain_matmul(*matrices, out=None):
    from ._algebra import multi_dot

    return multi_dot(matrices)


def stft(
    input,
    n_fft,
    hop_length=None,
    win_length=None,
    window=None,
    center=True,
    pad_mode="reflect",
    normalized=False,
    onesided=None,
    return_complex=None,
    align_to_window=None,
):
    if return_complex is None and not (input.is_complex() or (window is not None and window.is_complex())):
        raise RuntimeError(
            "stft requires the return_complex parameter be given for real inputs, and will further require that return_complex=True in a future PyTorch release."
        )
    if onesided is None:
        onesided = not input.is_complex()
    settings = {
        "hop_length": hop_length,
        "win_length": win_length,
        "window": window,
        "center": center,
        "pad_mode": pad_mode,
        "normalized": normalized,
        "onesided": onesided,
        "return_complex": return_complex is not False,
    }
    return apply("stft", (input, n_fft), settings, "torch.stft")
