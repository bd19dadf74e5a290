import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { type Architecture, type Builder, type BuildOptions, labelsOf } from '../../blocks/model.js';
import { activation, chain, type Layer, layerNorm, linear, list } from '../../blocks/parts.js';
import { type Parts, unit } from '../../blocks/unit.js';
import { headUnknown, imageHead, imageInputs } from '../../blocks/vit.js';
import type { Config } from '../../config.js';

const F = nn.functional;
type Act = (x: nn.Tensor) => nn.Tensor;

/** A norm of channels where they are the second axis. */
export function channelNorm(size: number): Layer {
  const weight = new nn.Parameter([size]);
  const bias = new nn.Parameter([size]);
  return unit('LayerNorm', { weight, bias }, (x: nn.Tensor) =>
    F.layer_norm(x.permute(0, 2, 3, 1), [size], { weight, bias }).permute(0, 3, 1, 2),
  );
}
export const seq = (...modules: readonly nn.AnyModule[]): Layer => new nn.Sequential(...modules);
export const conv = (i: number, o: number, k: number, s = 1, more: Record<string, unknown> = {}): Layer =>
  new nn.Conv2d(i, o, k, { stride: s, padding: Math.floor(k / 2), ...more }) as unknown as Layer;

export const batchNorm = (n: number): Layer => new nn.BatchNorm2d(n) as unknown as Layer;

/** The mean of each channel of a map: N×C×H×W → N×C. */
export const means = (x: nn.Tensor): nn.Tensor => F.adaptive_avg_pool2d(x, 1).flatten(1);

/** The whole numbers of a list that must be there, one for each stage. */
export function perStage(c: Config, name: string, stages?: number): number[] {
  const values = c.ints(name);
  if (values === null) throw c.wrong(name, 'is missing');
  if (stages !== undefined && values.length < stages)
    throw c.wrong(name, `has ${values.length} entries for ${stages} stages`);
  return values;
}

/** A model of images from its body and the width of its last map. */
export function convNet(
  c: Config,
  o: BuildOptions,
  s: {
    type: string;
    base: string;
    parts: Parts;
    run: Act;
    width: number;
    pooled?: Act;
    wrap?: (head: Layer) => Layer;
    image?: readonly [number, number];
  },
): Architecture {
  const model = unit(`${s.type}Model`, s.parts, s.run);
  const inputs = s.image === undefined ? imageInputs(c) : imageInputs(c, s.image);
  if (/Model$/.test(o.architecture) || o.architecture === '') return { module: model, inputs, kept: () => null };
  const take = s.pooled ?? ((x: nn.Tensor) => x.mean([2, 3]));
  return {
    module: imageHead(c, o.architecture, s.base, model, { width: s.width, take }, s.wrap),
    inputs,
    kept: () => null,
  };
}

/** A model of images whose head has parts or names of its own; `flat`: the base's parts are in the model itself. */
export function classified(
  c: Config,
  o: BuildOptions,
  s: {
    type: string;
    parts: Parts;
    run: Act;
    base?: string;
    flat?: boolean;
    image?: readonly [number, number];
    extra?: Parts;
    take: Act;
    width: number;
    head: string;
    make?: (width: number, labels: number) => Layer;
  },
): Architecture {
  const model = unit(`${s.type}Model`, s.parts, s.run);
  const inputs = s.image === undefined ? imageInputs(c) : imageInputs(c, s.image);
  const name = o.architecture;
  if (/Model$/.test(name) || name === '') return { module: model, inputs, kept: () => null };
  if (!/ImageClassification$/.test(name)) throw headUnknown(c, name);
  const labels = labelsOf(c);
  const head = labels === 0 ? null : (s.make?.(s.width, labels) ?? linear(s.width, labels, true));
  const body: Parts = s.flat ? s.parts : { [s.base as string]: model };
  const module = unit(name, { ...body, ...s.extra, [s.head]: head }, (x: nn.Tensor) => {
    const y = s.take(s.flat ? s.run(x) : model(x));
    return head?.(y) ?? y;
  });
  return { module, inputs, kept: () => null };
}

function convnext(type: string, base: string, second: boolean): Builder {
  return (c, o) => {
    const widths = c.ints('hidden_sizes') ?? [96, 192, 384, 768];
    const depths = c.ints('depths') ?? [3, 3, 9, 3];
    const patch = c.size('patch_size', 4);
    const scaled = !second && c.number('layer_scale_init_value', 1e-6) > 0;
    const act = activation(c);
    const layer = (dim: number): Layer => {
      const dw = conv(dim, dim, 7, 1, { groups: dim });
      const norm = layerNorm(dim);
      const [up, down] = [linear(dim, 4 * dim, true), linear(4 * dim, dim, true)];
      const scale = scaled ? new nn.Parameter([dim]) : null;
      const grn = second ? responseNorm(4 * dim) : null;
      return unit(
        `${type}Layer`,
        { layer_scale_parameter: scale, dwconv: dw, layernorm: norm, pwconv1: up, pwconv2: down, grn },
        (x: nn.Tensor) => {
          let y = act(up(norm(dw(x).permute(0, 2, 3, 1))));
          if (grn !== null) y = grn(y);
          y = down(y);
          if (scale !== null) y = y.mul(scale);
          return x.add(y.permute(0, 3, 1, 2));
        },
      );
    };
    const stages = depths.map((depth, i) => {
      const [before, dim] = [widths[i - 1] ?? 0, widths[i] as number];
      const down = i === 0 ? null : seq(channelNorm(before), conv(before, dim, 2, 2, { padding: 0 }));
      const layers = seq(...layersOf(depth, () => layer(dim)));
      return unit(`${type}Stage`, { downsampling_layer: down, layers }, (x: nn.Tensor) => layers(down?.(x) ?? x));
    });
    const stem = conv(c.int('num_channels', 3), widths[0] as number, patch, patch, { padding: 0 });
    const first = channelNorm(widths[0] as number);
    const embeddings = unit(`${type}Embeddings`, { patch_embeddings: stem, layernorm: first }, (x: nn.Tensor) =>
      first(stem(x)),
    );
    const encoder = unit(`${type}Encoder`, { stages: new nn.ModuleList(stages as never) }, (x: nn.Tensor) =>
      stages.reduce((y, run) => run(y), x),
    );
    const width = widths.at(-1) as number;
    const norm = layerNorm(width);
    return convNet(c, o, {
      type,
      base,
      parts: { embeddings, encoder, layernorm: norm },
      run: (x) => norm(encoder(embeddings(x)).mean([2, 3])),
      pooled: (x) => x,
      width,
    });
  };
}
/** Each channel by its share of all channels' norms. */
function responseNorm(size: number): Layer {
  const weight = new nn.Parameter([1, 1, 1, size]);
  const bias = new nn.Parameter([1, 1, 1, size]);
  return unit('GRN', { weight, bias }, (x: nn.Tensor) => {
    const norms = x.norm(2, [1, 2], true);
    return x
      .mul(norms.div(norms.mean(-1, true)))
      .mul(weight)
      .add(bias)
      .add(x);
  });
}

/** A convolution without bias, batch norm, activation. */
export function convBlock(
  type: string,
  i: number,
  o: number,
  k: number,
  s: number,
  act: Act | null,
  groups = 1,
  more: Record<string, unknown> = {},
): Layer {
  const convolution = conv(i, o, k, s, { groups, bias: false, ...more });
  const normalization = new nn.BatchNorm2d(o) as unknown as Layer;
  return unit(type, { convolution, normalization }, (x: nn.Tensor) => {
    const y = normalization(convolution(x));
    return act === null ? y : act(y);
  });
}
type ResidualKind = 'ResNet' | 'RegNet';

/** The branch of a residual layer: groups of channels, two equal convolutions, or a wide one between two narrow ones. */
function residualBranch(c: Config, kind: ResidualKind, act: Act, i: number, width: number, stride: number): Layer {
  const block = (a: number, b: number, k: number, s: number, on: boolean, groups = 1): Layer =>
    convBlock(`${kind}ConvLayer`, a, b, k, s, on ? act : null, groups);
  const style = c.str('layer_type', kind === 'ResNet' ? 'bottleneck' : 'y');
  if (kind === 'RegNet') {
    const groups = Math.max(1, Math.floor(width / c.size('groups_width', 64)));
    return seq(
      block(i, width, 1, 1, true),
      block(width, width, 3, stride, true, groups),
      ...(style === 'y' ? [squeezeExcite(width, Math.round(i / 4))] : []),
      block(width, width, 1, 1, false),
    );
  }
  if (style === 'basic') return seq(block(i, width, 3, stride, true), block(width, width, 3, 1, false));
  const narrow = Math.floor(width / 4);
  const early = c.bool('downsample_in_bottleneck');
  return seq(
    block(i, narrow, 1, early ? stride : 1, true),
    block(narrow, narrow, 3, early ? 1 : stride, true),
    block(narrow, width, 1, 1, false),
  );
}

/** The stages; each but perhaps the first halves the map. */
function residualStages(c: Config, kind: ResidualKind, act: Act, first: number): Layer[] {
  const widths = c.ints('hidden_sizes') ?? [];
  const layer = (i: number, width: number, stride: number): Layer => {
    const shortcut = i !== width || stride !== 1 ? convBlock(`${kind}ShortCut`, i, width, 1, stride, null) : null;
    const branch = residualBranch(c, kind, act, i, width, stride);
    return unit(`${kind}Layer`, { shortcut, layer: branch }, (x: nn.Tensor) => act(branch(x).add(shortcut?.(x) ?? x)));
  };
  return (c.ints('depths') ?? []).map((depth, n) => {
    const [i, width] = [n === 0 ? first : (widths[n - 1] as number), widths[n] as number];
    const stride = n > 0 || c.bool('downsample_in_first_stage', kind === 'RegNet') ? 2 : 1;
    const layers = layersOf(
      depth,
      (j) => layer(j === 0 ? i : width, width, j === 0 ? stride : 1),
      (j) => j === 0,
    );
    const all = seq(...layers);
    return unit(`${kind}Stage`, { layers: all }, (x: nn.Tensor) => all(x));
  });
}

/** ResNet and RegNet: stages of residual layers. */
function residual(kind: ResidualKind): Builder {
  return (c, o) => {
    const act = activation(c, 'hidden_act', 'relu');
    const first = c.size('embedding_size');
    const stages = residualStages(c, kind, act, first);
    const resnet = kind === 'ResNet';
    const stem = convBlock(`${kind}ConvLayer`, c.int('num_channels', 3), first, resnet ? 7 : 3, 2, act);
    const embedder = unit(`${kind}Embeddings`, { embedder: stem }, (x: nn.Tensor) => {
      const y = stem(x);
      return resnet ? F.max_pool2d(y, 3, { stride: 2, padding: 1 }) : y;
    });
    const encoder = unit(`${kind}Encoder`, { stages: list(stages) }, (x: nn.Tensor) => chain(stages, x));
    return convNet(c, o, {
      type: kind,
      base: kind.toLowerCase(),
      parts: { embedder, encoder },
      run: (x) => encoder(embedder(x)),
      width: (c.ints('hidden_sizes') ?? []).at(-1) as number,
      pooled: means,
      wrap: (head) => {
        const parts = new nn.Sequential(new nn.Flatten(), head).named_children();
        return unit('Sequential', Object.fromEntries(parts) as Parts, (x: nn.Tensor) => head(x));
      },
    });
  };
}
function squeezeExcite(width: number, narrow: number): Layer {
  const attention = new nn.Sequential(conv(width, narrow, 1), new nn.ReLU(), conv(narrow, width, 1), new nn.Sigmoid());
  return unit('RegNetSELayer', { attention: attention as unknown as Layer }, (x: nn.Tensor) =>
    x.mul((attention as unknown as Layer)(F.adaptive_avg_pool2d(x, 1))),
  );
}

/** Channels by what two convolutions make of their means. */
export function squeezed(reduce: Layer, expand: Layer, act: Act, gate: Act): Act {
  return (x) => x.mul(gate(expand(act(reduce(F.adaptive_avg_pool2d(x, 1))))));
}
export const families: Readonly<Record<string, Builder>> = {
  convnext: convnext('ConvNext', 'convnext', false),
  convnextv2: convnext('ConvNextV2', 'convnextv2', true),
  resnet: residual('ResNet'),
  regnet: residual('RegNet'),
};
