import * as nn from '../../../torch/nn/index.js';
import type { Config } from '../config.js';
import { fullAttention } from './attention.js';
import { block, type Named } from './block.js';
import { plainMlp } from './llama.js';
import { type Architecture, type BuildOptions, labelsOf } from './model.js';
import { activation, type Layer, layerNorm, linear, type PassLayer } from './parts.js';
import { type Parts, unit } from './unit.js';

const F = nn.functional;

/** Height and width of images, or of patches: one number or two. */
export function pairOf(c: Config, name: string, fallback?: number): [number, number] {
  const value = c.get(name);
  if (Array.isArray(value)) {
    const list = c.ints(name) as number[];
    return [list[0] as number, (list[1] ?? list[0]) as number];
  }
  const n = c.size(name, fallback);
  return [n, n];
}
/** One image a row of the batch, of the size that the configuration says, else 224. */
export const imageInputs =
  (c: Config, size: readonly [number, number] = pairOf(c, 'image_size', 224)): Architecture['inputs'] =>
  (free) => [{ name: 'pixel_values', shape: [free('batch'), c.int('num_channels', 3), size[0], size[1]] }];

/** N×C×H×W → N×patches×hidden. */
export function patches(x: nn.Tensor): nn.Tensor {
  return x.flatten(2).transpose(1, 2);
}

/** N×C×H×W → N×patches×(C·patch·patch): the pixels of each patch beside each other. */
export function unfoldedPatches(x: nn.Tensor, patch: number, channels: number): nn.Tensor {
  const [rows, columns] = [Math.floor(nn.int(x.size(2)) / patch), Math.floor(nn.int(x.size(3)) / patch)];
  const cells = x.view(x.size(0), channels, rows, patch, columns, patch).permute(0, 2, 4, 1, 3, 5);
  return cells.reshape(x.size(0), rows * columns, channels * patch * patch);
}

export interface VitLayerSpec {
  readonly type: string;
  readonly hidden: number;
  readonly heads: number;
  /** Depth of a head, if it is not hidden / heads. */
  readonly d?: number;
  readonly inner: number;
  readonly act: (x: nn.Tensor) => nn.Tensor;
  readonly bias?: Partial<Record<'q' | 'k' | 'v' | 'o', boolean>>;
  readonly attention?: string;
  readonly projections?: Partial<Record<'q' | 'k' | 'v' | 'o' | 'qkv', string>>;
  readonly norms?: readonly [string, string];
  /** Learned scales of each branch: modules by name, or parameters in the layer itself. */
  readonly scales?: readonly [string, string] | null;
  readonly scalesInside?: boolean;
  readonly mlp?: Named<Layer>;
  readonly causal?: boolean;
  readonly parts?: Parts;
}

/** Attention of images and of towers, in which any projection may lack a bias. */
export function plainAttention(
  s: Pick<VitLayerSpec, 'hidden' | 'heads' | 'd' | 'bias' | 'projections' | 'causal'>,
): nn.GroupedAttention {
  const names = { q: 'q_proj', k: 'k_proj', v: 'v_proj', o: 'o_proj', ...s.projections };
  const attention = fullAttention(s.hidden, s.heads, {
    ...(s.d === undefined ? {} : { head_dim: s.d }),
    causal: s.causal ?? false,
    names,
  });
  for (const p of ['q', 'k', 'v', 'o'] as const)
    if (s.bias?.[p] === false) {
      const layer = (attention as unknown as Record<string, nn.Linear | undefined>)[names[p]];
      if (layer !== undefined) layer.bias = null;
    }
  return attention;
}

/** Depth of a head where the configuration says one. */
export const depthOf = (c: Config): { d?: number } => (c.says('head_dim') ? { d: c.size('head_dim') } : {});

export function vitLayer(s: VitLayerSpec): PassLayer {
  const names = s.norms ?? ['layernorm_before', 'layernorm_after'];
  const scales = s.scales ? [new nn.Parameter([s.hidden]), new nn.Parameter([s.hidden])] : null;
  const parts: Record<string, nn.AnyModule | nn.Parameter> = {};
  if (s.scales && scales)
    for (const [i, name] of s.scales.entries())
      parts[name] = s.scalesInside
        ? (scales[i] as nn.Parameter)
        : unit(`${s.type}LayerScale`, { lambda1: scales[i] as nn.Parameter }, (x: nn.Tensor) =>
            x.mul(scales[i] as nn.Parameter),
          );
  return block({
    type: `${s.type}Layer`,
    style: 'pre',
    attention: [s.attention ?? 'attention', plainAttention(s)],
    mlp: s.mlp ?? ['mlp', plainMlp(`${s.type}MLP`, s.hidden, s.inner, s.act, ['fc1', 'fc2'])],
    norms: [
      [names[0], layerNorm(s.hidden)],
      [names[1], layerNorm(s.hidden)],
    ],
    parts: { ...parts, ...s.parts },
    ...(scales === null ? {} : { branch: (x, residual, which) => residual.add(x.mul(scales[which] as nn.Tensor)) }),
  });
}

export interface VitSpec {
  readonly type: string;
  readonly base: string;
  readonly hidden: number;
  readonly image: readonly [number, number];
  readonly patch: readonly [number, number];
  readonly channels: number;
  /** Tokens before the patches: class, distillation, registers; and one that stands for hidden patches and costs nothing. */
  readonly tokens: readonly (readonly [name: string, count: number])[];
  readonly mask?: readonly [name: string, shape: readonly number[]] | null;
  /** Positions: rows of the table; null for none. Registers come after them. */
  readonly positions: number | null;
  readonly lateTokens?: readonly (readonly [name: string, count: number])[];
  readonly layers: readonly PassLayer[];
  /** Under which names layers stand: directly in the base, or in an `encoder`. */
  readonly container?: readonly [encoder: string | null, list: string];
  readonly norm: Named<Layer> | null;
  readonly pooler?: Named<Layer> | null;
  /** Width of what is classified, and how it is taken from the tokens. */
  readonly pooled?: { readonly width: number; readonly take: (x: nn.Tensor) => nn.Tensor };
  readonly conv?: nn.AnyModule;
  /** More parts of the base, and of the encoder inside it. */
  readonly parts?: Parts;
  readonly encoderParts?: Parts;
  readonly classifierBias?: boolean;
}

/** Patches, the tokens before them and between, and positions. */
function vitEmbeddings(s: VitSpec): Layer {
  const projection =
    (s.conv as Layer | undefined) ??
    (new nn.Conv2d(s.channels, s.hidden, s.patch, { stride: s.patch }) as unknown as Layer);
  const token = ([name, count]: readonly [string, number]): [string, nn.Parameter] => [
    name,
    new nn.Parameter([1, count, s.hidden]),
  ];
  const early = s.tokens.map(token);
  const late = (s.lateTokens ?? []).map(token);
  const positions = s.positions === null ? null : new nn.Parameter([1, s.positions, s.hidden]);
  const patch = unit(`${s.type}PatchEmbeddings`, { projection }, (x: nn.Tensor) => patches(projection(x)));
  const parts: Parts = {
    ...Object.fromEntries(early),
    ...(s.mask ? { [s.mask[0]]: new nn.Parameter(s.mask[1]) } : {}),
    position_embeddings: positions,
    ...Object.fromEntries(late),
    patch_embeddings: patch,
  };
  return unit(`${s.type}Embeddings`, parts, (pixels: nn.Tensor): nn.Tensor => {
    let x = patch(pixels);
    const n = x.size(0);
    const expanded = (list: [string, nn.Parameter][]): nn.Tensor[] =>
      list.map(([, p]) => p.expand(n, p.size(1), s.hidden));
    if (early.length > 0) x = F.cat([...expanded(early), x], 1);
    if (positions !== null) x = x.add(positions);
    if (late.length === 0) return x;
    const rest = nn.int(x.size(1)) - early.length;
    return F.cat([x.narrow(1, 0, early.length), ...expanded(late), x.narrow(1, early.length, rest)], 1);
  });
}

/** A vision transformer without a head; in the base class alone with what it pools. */
function vitBase(s: VitSpec, pooler: Named<Layer> | null): Layer {
  const embeddings = vitEmbeddings(s);
  const list = new nn.ModuleList(s.layers as never);
  const run = (x: nn.Tensor): nn.Tensor => {
    const pass = new nn.Pass(x.size(0), x.size(1), 0);
    return s.layers.reduce((y, layer) => layer(y, pass), x);
  };
  const [outer, inside] = s.container ?? [null, 'layers'];
  const encoder = outer === null ? null : unit(`${s.type}Encoder`, { [inside]: list, ...s.encoderParts }, run);
  return unit(
    `${s.type}Model`,
    {
      embeddings,
      ...(encoder === null ? { [inside]: list } : { [outer as string]: encoder }),
      ...(s.norm === null ? {} : { [s.norm[0]]: s.norm[1] }),
      ...(pooler === null ? {} : { [pooler[0]]: pooler[1] }),
      ...s.parts,
    },
    (pixels: nn.Tensor): nn.Tensor => {
      const x = (encoder ?? run)(embeddings(pixels));
      const y = s.norm?.[1](x) ?? x;
      pooler?.[1](y);
      return y;
    },
  );
}

/** A vision transformer with the head that the architecture's name asks for. */
export function vit(c: Config, s: VitSpec, o: BuildOptions): Architecture {
  const name = o.architecture;
  const bare = /Model$/.test(name) || name === '';
  const base = vitBase(s, bare ? (s.pooler ?? null) : null);
  const made = (module: nn.AnyModule): Architecture => ({ module, inputs: imageInputs(c, s.image), kept: () => null });
  if (bare) return made(base);
  if (/MaskedImageModeling$/.test(name)) {
    const more = [...s.tokens, ...(s.lateTokens ?? [])].reduce((n, [, count]) => n + count, 0);
    return made(pixelHead(c, name, s.base, base, s.hidden, more));
  }
  const pooled = s.pooled ?? { width: s.hidden, take: (x) => x.select(1, 0) };
  return made(imageHead(c, name, s.base, base, pooled));
}

/** The pixels of each patch: `more` tokens that stand for none are left out. */
export function pixelHead(
  c: Config,
  name: string,
  base: string,
  model: nn.Module<[nn.Tensor], nn.Tensor>,
  width: number,
  more: number,
): nn.AnyModule {
  const stride = c.size('encoder_stride', 16);
  const conv = new nn.Conv2d(width, stride * stride * c.int('num_channels', 3), 1);
  const decoder = new nn.Sequential(conv, new nn.PixelShuffle(stride));
  return unit(name, { [base]: model, decoder }, (x: nn.Tensor) => {
    const y = model(x);
    const count = nn.int(y.size(1)) - more;
    const side = Math.floor(Math.sqrt(count));
    return decoder(
      y
        .narrow(1, more, side * side)
        .transpose(1, 2)
        .reshape(y.size(0), width, side, side),
    );
  });
}

/** Classes of an image. */
export function imageHead(
  c: Config,
  name: string,
  base: string,
  model: nn.Module<[nn.Tensor], nn.Tensor>,
  pooled: { readonly width: number; readonly take: (x: nn.Tensor) => nn.Tensor },
  wrap: (head: Layer) => Layer = (head) => head,
): nn.AnyModule {
  const labels = labelsOf(c);
  if (/WithTeacher$/.test(name)) {
    const [a, b] = [linear(pooled.width, labels, true), linear(pooled.width, labels, true)];
    return unit(name, { [base]: model, cls_classifier: a, distillation_classifier: b }, (x: nn.Tensor) => {
      const y = model(x);
      return a(y.select(1, 0))
        .add(b(y.select(1, 1)))
        .div(2);
    });
  }
  if (!/(?:Image|Audio|Sequence)Classification$/.test(name)) throw headUnknown(c, name);
  if (labels === 0) return unit(name, { [base]: model }, (x: nn.Tensor) => pooled.take(model(x)));
  const head = wrap(linear(pooled.width, labels, true));
  return unit(name, { [base]: model, classifier: head }, (x: nn.Tensor) => head(pooled.take(model(x))));
}

export function headUnknown(c: Config, name: string): Error {
  return c.wrong(
    'architectures',
    `names ${name.slice(0, 80)}, whose head is not known; …Model and …ForImageClassification are`,
  );
}

/** dense and tanh, or another activation, of the first token. */
export function vitPooler(c: Config, hidden: number, type: string): Named<Layer> {
  const dense = linear(hidden, c.int('pooler_output_size', hidden), true);
  const act = activation(c, 'pooler_act', 'tanh');
  return ['pooler', unit(`${type}Pooler`, { dense }, (x: nn.Tensor) => act(dense(x.select(1, 0))))];
}
