"""Attention and feed-forward layers as mmcv's transformers have them."""

from mmengine.model import BaseModule
from mmengine.registry import Registry, build_from_cfg
from torch import nn

from .build import build_activation_layer
from .drop import build_dropout

ATTENTION, FEEDFORWARD_NETWORK, POSITIONAL_ENCODING = Registry("attention"), Registry("feed-forward Network"), Registry("position encoding")
TRANSFORMER_LAYER, TRANSFORMER_LAYER_SEQUENCE = Registry("transformerLayer"), Registry("transformer-layers sequence")


@ATTENTION.register_module()
class MultiheadAttention(BaseModule):
    def __init__(
        self,
        embed_dims,
        num_heads,
        attn_drop=0.0,
        proj_drop=0.0,
        dropout_layer={"type": "Dropout", "drop_prob": 0.0},
        init_cfg=None,
        batch_first=False,
        **kwargs,
    ):
        super().__init__(init_cfg)
        if "dropout" in kwargs:
            attn_drop = kwargs.pop("dropout")
        self.embed_dims, self.num_heads, self.batch_first = embed_dims, num_heads, batch_first
        self.attn = nn.MultiheadAttention(embed_dims, num_heads, attn_drop, **kwargs)
        self.proj_drop = nn.Dropout(proj_drop)
        self.dropout_layer = build_dropout(dropout_layer) if dropout_layer else nn.Identity()

    def forward(self, query, key=None, value=None, identity=None, query_pos=None, key_pos=None, attn_mask=None, key_padding_mask=None, **_):
        key = query if key is None else key
        value = key if value is None else value
        identity = query if identity is None else identity
        if key_pos is None and query_pos is not None and query_pos.shape == key.shape:
            key_pos = query_pos
        query = query if query_pos is None else query + query_pos
        key = key if key_pos is None else key + key_pos
        if self.batch_first:
            query, key, value = (t.transpose(0, 1) for t in (query, key, value))
        out = self.attn(query=query, key=key, value=value, attn_mask=attn_mask, key_padding_mask=key_padding_mask)[0]
        return identity + self.dropout_layer(self.proj_drop(out.transpose(0, 1) if self.batch_first else out))


@FEEDFORWARD_NETWORK.register_module()
class FFN(BaseModule):
    def __init__(
        self,
        embed_dims=256,
        feedforward_channels=1024,
        num_fcs=2,
        act_cfg={"type": "ReLU", "inplace": True},
        ffn_drop=0.0,
        dropout_layer=None,
        add_identity=True,
        init_cfg=None,
        **_,
    ):
        super().__init__(init_cfg)
        self.embed_dims, self.feedforward_channels, self.add_identity = embed_dims, feedforward_channels, add_identity
        layers, width = [], embed_dims
        self.activate = build_activation_layer(act_cfg)
        for _i in range(num_fcs - 1):
            layers.append(nn.Sequential(nn.Linear(width, feedforward_channels), self.activate, nn.Dropout(ffn_drop)))
            width = feedforward_channels
        self.layers = nn.Sequential(*layers, nn.Linear(feedforward_channels, embed_dims), nn.Dropout(ffn_drop))
        self.dropout_layer = build_dropout(dropout_layer) if dropout_layer else nn.Identity()

    def forward(self, x, identity=None):
        out = self.layers(x)
        return (x if identity is None else identity) + self.dropout_layer(out) if self.add_identity else self.dropout_layer(out)


def build_attention(cfg, default_args=None):
    return build_from_cfg(cfg, ATTENTION, default_args)


def build_feedforward_network(cfg, default_args=None):
    return build_from_cfg(cfg, FEEDFORWARD_NETWORK, default_args)


def build_positional_encoding(cfg, default_args=None):
    return build_from_cfg(cfg, POSITIONAL_ENCODING, default_args)


def build_transformer_layer(cfg, default_args=None):
    return build_from_cfg(cfg, TRANSFORMER_LAYER, default_args)


def build_transformer_layer_sequence(cfg, default_args=None):
    return build_from_cfg(cfg, TRANSFORMER_LAYER_SEQUENCE, default_args)
