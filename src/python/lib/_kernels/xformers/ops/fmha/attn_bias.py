"""Masks by kind: causal ones, and blocks of a packed batch."""

import torch
import torch.nn.functional as F


class AttentionBias:
    pass


class LowerTriangularMask(AttentionBias):
    def __init__(self, *args, **kwargs):
        pass


class BlockDiagonalMask(AttentionBias):
    """Sequences one after the other in one row: each attends to itself alone."""

    def __init__(self, lengths, shapes=None):
        self.lengths, self.shapes = lengths, shapes

    @classmethod
    def from_seqlens(cls, q_seqlen, kv_seqlen=None):
        return cls([int(n) for n in q_seqlen])

    @classmethod
    def from_tensor_list(cls, tensors):
        shapes = [tuple(t.shape[:2]) for t in tensors]
        lengths = [n for b, n in shapes for _ in range(b)]
        return cls(lengths, shapes), torch.cat([t.reshape(1, -1, *t.shape[2:]) for t in tensors], dim=1)

    def split(self, tensor):
        counts = [b * n for b, n in self.shapes]
        return [p.reshape(b, n, *tensor.shape[2:]) for p, (b, n) in zip(tensor.split(counts, dim=1), self.shapes)]

    def attention(self, q, k, v, scale):
        parts = []
        for a, b, c in zip(*[t.split(self.lengths, dim=1) for t in (q, k, v)]):
            a, b, c = (t.transpose(1, 2) for t in (a, b, c))
            parts.append(F.scaled_dot_product_attention(a, b, c, scale=scale).transpose(1, 2))
        return torch.cat(parts, dim=1)
