"""Linear layers and embeddings whose weights would be cut by columns or rows."""

import torch
from torch import nn
from torch.nn import functional as F


class _ParallelLinear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.weight = nn.Parameter(torch.empty(out_features, in_features))
        if bias:
            self.bias = nn.Parameter(torch.empty(out_features))
        else:
            self.register_parameter("bias", None)

    def forward(self, input):
        return F.linear(input, self.weight, self.bias)


class ColumnParallelLinear(_ParallelLinear):
    def __init__(
        self, in_features, out_features, bias=True, gather_output=True, init_method=None, stride=1, keep_master_weight_for_test=False
    ):
        super().__init__(in_features, out_features, bias)


class RowParallelLinear(_ParallelLinear):
    def __init__(
        self, in_features, out_features, bias=True, input_is_parallel=False, init_method=None, stride=1, keep_master_weight_for_test=False
    ):
        super().__init__(in_features, out_features, bias)


class ParallelEmbedding(nn.Module):
    def __init__(
        self,
        num_embeddings,
        embedding_dim,
        padding_idx=None,
        max_norm=None,
        norm_type=2.0,
        scale_grad_by_freq=False,
        sparse=False,
        init_method=None,
        keep_master_weight_for_test=False,
    ):
        super().__init__()
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.weight = nn.Parameter(torch.empty(num_embeddings, embedding_dim))

    def forward(self, input):
        return F.embedding(input, self.weight)


VocabParallelEmbedding = ParallelEmbedding
