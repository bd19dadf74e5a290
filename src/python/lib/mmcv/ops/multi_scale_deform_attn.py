"""Deformable attention as a layer."""

import torch
from torch import nn

from mmengine.model import BaseModule


def multi_scale_deformable_attn_pytorch(value, value_spatial_shapes, sampling_locations, attention_weights):
    import importlib
    import sys

    folder = "/opcount/lib/_kernels"
    if folder not in sys.path:
        sys.path.append(folder)
    kernel = importlib.import_module("MultiScaleDeformableAttention")
    return kernel.ms_deform_attn_forward(value, value_spatial_shapes, None, sampling_locations, attention_weights)


class MultiScaleDeformableAttention(BaseModule):
    def __init__(
        self,
        embed_dims=256,
        num_heads=8,
        num_levels=4,
        num_points=4,
        im2col_step=64,
        dropout=0.1,
        batch_first=False,
        norm_cfg=None,
        init_cfg=None,
        value_proj_ratio=1.0,
    ):
        super().__init__(init_cfg)
        self.batch_first, self.embed_dims, self.num_levels, self.num_heads, self.num_points = (
            batch_first,
            embed_dims,
            num_levels,
            num_heads,
            num_points,
        )
        self.dropout = nn.Dropout(dropout)
        self.sampling_offsets = nn.Linear(embed_dims, num_heads * num_levels * num_points * 2)
        self.attention_weights = nn.Linear(embed_dims, num_heads * num_levels * num_points)
        width = int(embed_dims * value_proj_ratio)
        self.value_proj, self.output_proj = nn.Linear(embed_dims, width), nn.Linear(width, embed_dims)

    def forward(
        self,
        query,
        key=None,
        value=None,
        identity=None,
        query_pos=None,
        key_padding_mask=None,
        reference_points=None,
        spatial_shapes=None,
        level_start_index=None,
        **_,
    ):
        value = query if value is None else value
        identity = query if identity is None else identity
        if query_pos is not None:
            query = query + query_pos
        if not self.batch_first:
            query, value = query.permute(1, 0, 2), value.permute(1, 0, 2)
        batch, queries, _ = query.shape
        shape = (batch, queries, self.num_heads, self.num_levels, self.num_points)
        value = self.value_proj(value).view(batch, value.shape[1], self.num_heads, -1)
        offsets = self.sampling_offsets(query).view(*shape, 2)
        weights = self.attention_weights(query).view(batch, queries, self.num_heads, -1).softmax(-1).view(*shape)
        if reference_points.shape[-1] == 2:
            sizes = torch.stack([spatial_shapes[..., 1], spatial_shapes[..., 0]], -1)
            places = reference_points[:, :, None, :, None, :] + offsets / sizes[None, None, None, :, None, :]
        else:
            places = reference_points[:, :, None, :, None, :2] + offsets / self.num_points * reference_points[:, :, None, :, None, 2:] * 0.5
        out = self.output_proj(multi_scale_deformable_attn_pytorch(value, spatial_shapes, places, weights))
        return self.dropout(out if self.batch_first else out.permute(1, 0, 2)) + identity
