import * as nn from '../../../torch/nn/index.js';
import { layersOf } from '../kinds.js';
import type { Builder } from '../model.js';
import { activation, chain, divisible, type Layer, list } from '../parts.js';
import { unit } from '../unit.js';
import { pairOf } from '../vit.js';
import { classified, conv, convBlock, convNet, perStage, seq } from './convnets.js';

const F = nn.functional;
type Act = (x: nn.Tensor) => nn.Tensor;
const means: Act = (x) => F.adaptive_avg_pool2d(x, 1).flatten(1);

/** PoolFormer: what attention does elsewhere is done by an average of neighbours. */
const poolformer: Builder = (c, o) => {
  const depths = perStage(c, 'depths');
  const n = depths.length;
  const [widths, kernels] = [perStage(c, 'hidden_sizes', n), perStage(c, 'patch_sizes', n)];
  const [strides, pads] = [perStage(c, 'strides', n), perStage(c, 'padding', n)];
  const act = activation(c);
  const scaled = c.bool('use_layer_scale', true);
  const k = c.size('pool_size', 3);
  const norm = (dim: number): Layer => new nn.GroupNorm(1, dim) as unknown as Layer;
  const layer = (dim: number): Layer => {
    const inner = Math.floor(dim * c.number('mlp_ratio', 4));
    const [up, down] = [conv(dim, inner, 1), conv(inner, dim, 1)];
    const output = unit('PoolFormerOutput', { conv1: up, conv2: down }, (x: nn.Tensor) => down(act(up(x))));
    const [before, after] = [norm(dim), norm(dim)];
    const scales = scaled ? [new nn.Parameter([dim]), new nn.Parameter([dim])] : [null, null];
    const branch = (x: nn.Tensor, y: nn.Tensor, scale: nn.Parameter | null | undefined): nn.Tensor =>
      x.add(scale ? y.mul(scale.unsqueeze(-1).unsqueeze(-1)) : y);
    return unit(
      'PoolFormerLayer',
      {
        layer_scale_1: scales[0] as nn.Parameter | null,
        layer_scale_2: scales[1] as nn.Parameter | null,
        output,
        before_norm: before,
        after_norm: after,
      },
      (x: nn.Tensor) => {
        const y = before(x);
        const pooled = F.avg_pool2d(y, k, { stride: 1, padding: Math.floor(k / 2) });
        const mixed = branch(x, pooled.sub(y), scales[0]);
        return branch(mixed, output(after(mixed)), scales[1]);
      },
    );
  };
  const patch = depths.map((_, i) => {
    const from = i === 0 ? c.int('num_channels', 3) : (widths[i - 1] as number);
    const projection = conv(from, widths[i] as number, kernels[i] as number, strides[i], { padding: pads[i] });
    return unit('PoolFormerEmbeddings', { projection }, (x: nn.Tensor) => projection(x));
  });
  const blocks = depths.map((depth, i) => layersOf(depth, () => layer(widths[i] as number)));
  const encoder = unit(
    'PoolFormerEncoder',
    { patch_embeddings: list(patch), block: new nn.ModuleList(blocks.map(list) as never) },
    (x: nn.Tensor) => patch.reduce((y, embed, i) => chain(blocks[i] as Layer[], embed(y)), x),
  );
  const width = widths.at(-1) as number;
  const last = norm(width);
  return classified(c, o, {
    type: 'PoolFormer',
    base: 'poolformer',
    parts: { encoder },
    run: (x) => encoder(x),
    extra: { norm: last },
    take: (x) => last(x).mean([2, 3]),
    width,
    head: 'classifier',
  });
};

/** HGNet v2: every layer of a block goes into what joins them. */
const hgnetV2: Builder = (c, o) => {
  const act = activation(c, 'hidden_act', 'relu');
  const affine = c.bool('use_learnable_affine_block');
  const layer = (i: number, out: number, k: number, s: number, on = true, groups = 1): Layer => {
    const inner = convBlock('HGNetV2ConvLayer', i, out, k, s, on ? act : null, groups, {
      padding: Math.floor((k - 1) / 2),
    });
    if (!affine || !on) return inner;
    const [scale, bias] = [new nn.Parameter([1]), new nn.Parameter([1])];
    const lab = unit('HGNetV2LearnableAffineBlock', { scale, bias }, (x: nn.Tensor) => scale.mul(x).add(bias));
    const { convolution, normalization } = Object.fromEntries(inner.named_children()) as Record<string, Layer>;
    return unit(
      'HGNetV2ConvLayer',
      { convolution: convolution as Layer, normalization: normalization as Layer, lab },
      (x: nn.Tensor) => lab(act((normalization as Layer)((convolution as Layer)(x)))),
    );
  };
  const stem = perStage(c, 'stem_channels', 3);
  const pace = perStage(c, 'stem_strides', 5);
  const [first, middle, last] = stem as [number, number, number];
  const half = Math.floor(middle / 2);
  const [stem1, stem2a, stem2b] = [
    layer(first, middle, 3, pace[0] as number),
    layer(middle, half, 2, pace[1] as number),
    layer(half, middle, 2, pace[2] as number),
  ];
  const [stem3, stem4] = [layer(2 * middle, middle, 3, pace[3] as number), layer(middle, last, 1, pace[4] as number)];
  const more: Act = (x) => F.pad(x, [0, 1, 0, 1]);
  const embedder = unit('HGNetV2Embeddings', { stem1, stem2a, stem2b, stem3, stem4 }, (x: nn.Tensor) => {
    const y = more(stem1(x));
    const side = stem2b(more(stem2a(y)));
    return stem4(stem3(F.cat([F.max_pool2d(y, 2, { stride: 1, ceil_mode: true }), side], 1)));
  });
  const ins = perStage(c, 'stage_in_channels');
  const n = ins.length;
  const [mids, outs] = [perStage(c, 'stage_mid_channels', n), perStage(c, 'stage_out_channels', n)];
  const [counts, kernels] = [perStage(c, 'stage_num_blocks', n), perStage(c, 'stage_kernel_size', n)];
  const [lengths, paces] = [perStage(c, 'stage_numb_of_layers', n), perStage(c, 'stage_downsample_strides', n)];
  const [downs, lights] = [c.list('stage_downsample') ?? [], c.list('stage_light_block') ?? []];
  const light = (i: number, out: number, k: number): Layer => {
    const [conv1, conv2] = [layer(i, out, 1, 1, false), layer(out, out, k, 1, true, out)];
    return unit('HGNetV2ConvLayerLight', { conv1, conv2 }, (x: nn.Tensor) => conv2(conv1(x)));
  };
  const stages = ins.map((from, s) => {
    const [mid, out, k, length] = [mids[s], outs[s], kernels[s], lengths[s]] as [number, number, number, number];
    const downsample = downs[s] === true ? layer(from, from, 3, paces[s] as number, false, from) : null;
    const blocks = layersOf(
      counts[s] as number,
      (b) => {
        const i = b === 0 ? from : out;
        const layers = layersOf(
          length,
          (l) => {
            const width = l === 0 ? i : mid;
            return lights[s] === true ? light(width, mid, k) : layer(width, mid, k, 1);
          },
          (l) => l === 0,
        );
        const narrow = Math.floor(out / 2);
        const aggregation = seq(layer(i + length * mid, narrow, 1, 1), layer(narrow, out, 1, 1));
        return unit('HGNetV2BasicLayer', { layers: list(layers), aggregation }, (x: nn.Tensor) => {
          const all = [x];
          for (const run of layers) all.push(run(all.at(-1) as nn.Tensor));
          const y = aggregation(F.cat(all, 1));
          return b === 0 ? y : y.add(x);
        });
      },
      (b) => b === 0,
    );
    return unit('HGNetV2Stage', { downsample, blocks: list(blocks) }, (x: nn.Tensor) =>
      chain(blocks, downsample?.(x) ?? x),
    );
  });
  const encoder = unit('HGNetV2Encoder', { stages: list(stages) }, (x: nn.Tensor) => chain(stages, x));
  return classified(c, o, {
    type: 'HGNetV2',
    parts: { embedder, encoder },
    run: (x) => encoder(embedder(x)),
    flat: true,
    take: means,
    width: c.ints('hidden_sizes')?.at(-1) ?? (outs.at(-1) as number),
    head: 'fc',
  });
};

/** TextNet: each layer is a convolution with one along each axis beside it. */
const textnet: Builder = (c, o) => {
  const pairs = (value: unknown): [number, number][] =>
    (Array.isArray(value) ? value : []).map((pair: unknown) => {
      const [h, w] = Array.isArray(pair) ? pair : [];
      if (![h, w].every((n) => Number.isSafeInteger(n) && n > 0))
        throw c.wrong('conv_layer_kernel_sizes', 'is not stages of kernels of [height, width]');
      return [h, w];
    });
  const kernels = (c.list('conv_layer_kernel_sizes') ?? []).map(pairs);
  const strides = c.list('conv_layer_strides') ?? [];
  const widths = perStage(c, 'hidden_sizes', kernels.length + 1);
  const block = (i: number, out: number, k: [number, number], s: number): Layer => {
    const one = (a: number, b: number): [Layer, Layer] => [
      new nn.Conv2d(i, out, [a, b], {
        stride: s,
        padding: [Math.floor((a - 1) / 2), Math.floor((b - 1) / 2)],
        bias: false,
      }) as unknown as Layer,
      new nn.BatchNorm2d(out) as unknown as Layer,
    ];
    const main = one(k[0], k[1]);
    const vertical = k[1] === 1 ? null : one(k[0], 1);
    const horizontal = k[0] === 1 ? null : one(1, k[1]);
    const identity = i === out && s === 1 ? (new nn.BatchNorm2d(i) as unknown as Layer) : null;
    return unit(
      'TextNetRepConvLayer',
      {
        main_conv: main[0],
        main_batch_norm: main[1],
        vertical_conv: vertical?.[0] ?? null,
        vertical_batch_norm: vertical?.[1] ?? null,
        horizontal_conv: horizontal?.[0] ?? null,
        horizontal_batch_norm: horizontal?.[1] ?? null,
        rbr_identity: identity,
      },
      (x: nn.Tensor) => {
        let y = main[1](main[0](x));
        for (const side of [vertical, horizontal]) if (side !== null) y = y.add(side[1](side[0](x)));
        return F.relu(identity === null ? y : y.add(identity(x)));
      },
    );
  };
  const stages = kernels.map((stage, n) => {
    const [from, out] = [widths[n] as number, widths[n + 1] as number];
    const pace = strides[n];
    const layers = stage.map((k, l) => {
      const s: unknown = Array.isArray(pace) ? pace[l] : undefined;
      if (typeof s !== 'number' || !Number.isSafeInteger(s) || s < 1)
        throw c.wrong('conv_layer_strides', 'is not one stride for each kernel of each stage');
      return block(l === 0 ? from : out, out, k, s);
    });
    return unit('TextNetStage', { stage: list(layers) }, (x: nn.Tensor) => chain(layers, x));
  });
  const act = activation(c, 'stem_act_func', 'relu');
  const first = c.size('stem_out_channels', 64);
  const convolution = conv(
    c.int('stem_num_channels', 3),
    first,
    c.size('stem_kernel_size', 3),
    c.size('stem_stride', 2),
    {
      bias: false,
    },
  );
  const batch = new nn.BatchNorm2d(first) as unknown as Layer;
  const stem = unit('TextNetConvLayer', { conv: convolution, batch_norm: batch }, (x: nn.Tensor) =>
    act(batch(convolution(x))),
  );
  const encoder = unit('TextNetEncoder', { stages: list(stages) }, (x: nn.Tensor) => chain(stages, x));
  return classified(c, o, {
    type: 'TextNet',
    base: 'textnet',
    image: pairOf(c, 'image_size', 640),
    parts: { stem, encoder },
    run: (x) => encoder(stem(x)),
    take: means,
    width: widths.at(-1) as number,
    head: 'fc',
  });
};

/** BiT: a ResNet with group norms and standardized weights. */
const bit: Builder = (c, o) => {
  const act = activation(c, 'hidden_act', 'relu');
  const depths = perStage(c, 'depths');
  const factor = c.number('width_factor', 1);
  const widths = perStage(c, 'hidden_sizes', depths.length).map((w) => divisible(w * factor, 8));
  const first = c.size('embedding_size', 64);
  const early = c.str('layer_type', 'preactivation') === 'preactivation';
  const groups = c.size('num_groups', 32);
  const norm = (dim: number): Layer => new nn.GroupNorm(groups, dim) as unknown as Layer;
  const bare = (i: number, out: number, k: number, s = 1, d = 1): Layer =>
    conv(i, out, k, s, { bias: false, dilation: d, padding: Math.floor((s - 1 + d * (k - 1)) / 2) });
  const layer = (i: number, out: number, s: number, d: number, joins: boolean): Layer => {
    const mid = Math.max(8, Math.floor(Math.floor(out / 4 + 4) / 8) * 8);
    const straight = joins ? bare(i, out, 1, s) : null;
    const after = joins && !early ? norm(out) : null;
    const downsample =
      straight === null
        ? null
        : unit('BitDownsampleConv', { conv: straight, norm: after }, (x: nn.Tensor) => {
            const y = straight(x);
            return after?.(y) ?? y;
          });
    const [conv1, conv2, conv3] = [bare(i, mid, 1), bare(mid, mid, 3, s, d), bare(mid, out, 1)];
    const [norm1, norm2, norm3] = early ? [norm(i), norm(mid), norm(mid)] : [norm(mid), norm(mid), norm(out)];
    return unit(
      early ? 'BitPreActivationBottleneckLayer' : 'BitBottleneckLayer',
      { downsample, norm1, conv1, norm2, conv2, norm3, conv3 },
      (x: nn.Tensor) => {
        if (!early) {
          const y = norm3(conv3(act(norm2(conv2(act(norm1(conv1(x))))))));
          return act(y.add(downsample?.(x) ?? x));
        }
        const ready = act(norm1(x));
        const y = conv3(act(norm3(conv2(act(norm2(conv1(ready)))))));
        return y.add(downsample?.(ready) ?? x);
      },
    );
  };
  const limit = c.size('output_stride', 32);
  let [reached, dilation] = [4, 1];
  const stages = depths.map((depth, n) => {
    let stride = n === 0 ? 1 : 2;
    const before = dilation;
    if (reached >= limit) {
      dilation *= stride;
      stride = 1;
    }
    reached *= stride;
    const out = widths[n] as number;
    const layers = layersOf(
      depth,
      (l) =>
        l === 0
          ? layer(n === 0 ? first : (widths[n - 1] as number), out, stride, before, true)
          : layer(out, out, 1, dilation, false),
      (l) => l === 0,
    );
    return unit('BitStage', { layers: seq(...layers) }, (x: nn.Tensor) => chain(layers, x));
  });
  const encoder = unit('BitEncoder', { stages: list(stages) }, (x: nn.Tensor) => chain(stages, x));
  const convolution = bare(c.int('num_channels', 3), first, 7, 2);
  const start = early ? null : norm(first);
  const dynamic = c.bool('embedding_dynamic_padding');
  const embedder = unit('BitEmbeddings', { convolution, norm: start }, (x: nn.Tensor) => {
    const y = convolution(x);
    const padded = F.pad(start === null ? y : act(start(y)), [1, 1, 1, 1]);
    if (!dynamic) return F.max_pool2d(padded, 3, { stride: 2 });
    // So much more that every place has a window.
    const more = (length: number): number => Math.max(0, (Math.ceil(length / 2) - 1) * 2 + 3 - length);
    const [down, across] = [more(nn.int(padded.size(2))), more(nn.int(padded.size(3)))];
    const [top, left] = [Math.floor(down / 2), Math.floor(across / 2)];
    return F.max_pool2d(F.pad(padded, [left, across - left, top, down - top]), 3, { stride: 2 });
  });
  const width = widths.at(-1) as number;
  const last = early ? norm(width) : null;
  return convNet(c, o, {
    type: 'Bit',
    base: 'bit',
    parts: { embedder, encoder, norm: last },
    run: (x) => {
      const y = encoder(embedder(x));
      return last?.(y) ?? y;
    },
    pooled: means,
    width,
    wrap: (head) => seq(new nn.Flatten(), head),
  });
};

export const families: Readonly<Record<string, Builder>> = { poolformer, hgnet_v2: hgnetV2, textnet, bit };
