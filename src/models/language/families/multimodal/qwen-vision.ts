import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { plainMlp } from '../../blocks/llama.js';
import { activation, type Layer, layerNorm, linear, list, rms } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';

const F = nn.functional;
export type Grid = readonly [rows: number, columns: number];
export type GridLayer = nn.Module<[nn.Tensor, Grid], nn.Tensor>;
/** The tokens of an image for the language model, and more of them for its first layers. */
export type ImageTower = nn.Module<[nn.Tensor], nn.Tensor>;

interface GridAttention {
  /** Patches a side of a window, those at the edges smaller; null for the whole image. */
  readonly window?: number | null;
  readonly bias?: readonly [qkv: boolean, proj: boolean];
  /** RMS norms of queries and keys. */
  readonly normed?: boolean;
  /** Three projections rather than one. */
  readonly split?: boolean;
}
/** Attention over a whole image, or within windows of it. */
export function gridAttention(type: string, hidden: number, heads: number, o: GridAttention = {}): GridLayer {
  const { window = null, bias = [true, true] } = o;
  const proj = linear(hidden, hidden, bias[1]);
  const d = hidden / heads;
  const single = o.split ? null : linear(hidden, 3 * hidden, bias[0]);
  const three = o.split ? (['q', 'k', 'v'] as const).map((p) => [p, linear(hidden, hidden, bias[0])] as const) : [];
  const qkv = (x: nn.Tensor): nn.Tensor =>
    single?.(x) ??
    F.cat(
      three.map(([, make]) => make(x)),
      -1,
    );
  const [qNorm, kNorm] = o.normed ? [rms(d), rms(d)] : [null, null];
  const parts = { qkv: single, ...Object.fromEntries(three), proj, q_norm: qNorm, k_norm: kNorm };
  return unit(`${type}VisionAttention`, parts, (x: nn.Tensor, [rows, columns]: Grid) => {
    const n = x.size(0);
    const all = qkv(x);
    const attend = (t: nn.Tensor, images: number, length: number): nn.Tensor => {
      const parts = (t.view(-1, length, 3, heads, d).permute(2, 0, 3, 1, 4) as nn.Tensor).unbind(0);
      const [q, k, v] = parts as [nn.Tensor, nn.Tensor, nn.Tensor];
      const y = F.scaled_dot_product_attention(F.rotary(qNorm?.(q) ?? q), F.rotary(kNorm?.(k) ?? k), v);
      return y.transpose(1, 2).reshape(n, images * length, hidden);
    };
    if (window === null) return proj(attend(all, 1, rows * columns));
    // Windows of one size are computed together; the order of patches costs nothing.
    const sides = (length: number): Map<number, number> => {
      const rest = length % window;
      const found = new Map<number, number>();
      if (length >= window) found.set(window, Math.floor(length / window));
      if (rest > 0) found.set(rest, 1);
      return found;
    };
    const pieces: nn.Tensor[] = [];
    let from = 0;
    for (const [high, down] of sides(rows))
      for (const [wide, across] of sides(columns)) {
        const [count, length] = [down * across, high * wide];
        pieces.push(attend(all.narrow(1, from, count * length), count, length));
        from += count * length;
      }
    return proj(pieces.length === 1 ? (pieces[0] as nn.Tensor) : F.cat(pieces, 1));
  });
}

/** Several patches become one token: their vectors beside each other, through two matrices. */
function merger(
  type: string,
  o: {
    width: number;
    merge: number;
    out: number;
    norm: Layer;
    before: boolean;
    names: readonly [string, string, string];
  },
): Layer {
  const wide = o.width * o.merge * o.merge;
  const [one, two] = [linear(wide, wide, true), linear(wide, o.out, true)];
  const [normName, first, second] = o.names;
  const sequence = first === '0' ? new nn.Sequential(one, new nn.GELU(), two) : null;
  const parts = sequence === null ? { [first]: one, [second]: two } : { mlp: sequence as unknown as Layer };
  return unit(`${type}PatchMerger`, { [normName]: o.norm, ...parts }, (x: nn.Tensor) => {
    const folded = (t: nn.Tensor): nn.Tensor => t.reshape(t.size(0), -1, wide);
    const y = o.before ? folded(o.norm(x)) : o.norm(folded(x));
    return two(F.gelu(one(y)));
  });
}

/** How the generations of Qwen's towers differ. */
export type QwenTower = 'Qwen2VL' | 'Qwen2_5_VL' | 'Qwen3VL' | 'Qwen3_5';

/** Sizes that the parts of a tower share. */
interface Tower {
  readonly type: QwenTower;
  /** The beginning of the classes' names. */
  readonly name: string;
  readonly hidden: number;
  readonly heads: number;
  readonly patch: number;
  /** Patches a side that become one token. */
  readonly merge: number;
  /** Whether it is of Qwen 3: tables of positions, biases, other names. */
  readonly third: boolean;
}

function towerSizes(c: Config, type: QwenTower, name: string): Tower {
  const hidden = type === 'Qwen2VL' ? c.size('embed_dim') : c.size('hidden_size');
  const heads = c.size('num_heads');
  if (hidden % heads !== 0) throw c.wrong('num_heads', `is ${heads}, which does not divide ${hidden}`);
  const third = type === 'Qwen3VL' || type === 'Qwen3_5';
  return { type, name, hidden, heads, patch: c.size('patch_size'), merge: c.size('spatial_merge_size'), third };
}

/** An image as so many equal frames, cut into patches: N×C×H×W → N×hidden×1×rows×columns. */
function patchEmbedding(c: Config, { name, hidden, patch, third }: Tower): Layer {
  const frames = c.size('temporal_patch_size');
  const channels = c.int('in_channels', c.int('in_chans', 3));
  const cut: [number, number, number] = [frames, patch, patch];
  const proj = new nn.Conv3d(channels, hidden, cut, { stride: cut, bias: third });
  return unit(`${name}PatchEmbed`, { proj: proj as unknown as Layer }, (x: nn.Tensor) =>
    proj(x.unsqueeze(2).expand(x.size(0), channels, frames, x.size(2), x.size(3))),
  );
}

const normOf = ({ type, hidden }: Tower): Layer => (type === 'Qwen2_5_VL' ? rms(hidden) : layerNorm(hidden));

function blockOf(c: Config, tower: Tower, window: number | null): GridLayer {
  const { type, name, hidden, heads, third } = tower;
  const act = activation(c, 'hidden_act', 'quick_gelu');
  const attn = gridAttention(name, hidden, heads, { window, split: c.type.includes('2_5_omni') });
  const inner = type === 'Qwen2VL' ? Math.floor(hidden * c.number('mlp_ratio', 4)) : c.size('intermediate_size');
  const mlp: Layer =
    type === 'Qwen2_5_VL'
      ? new nn.GatedMLP(hidden, inner, { bias: true, activation: act })
      : plainMlp(`${name}VisionMLP`, hidden, inner, act, third ? ['linear_fc1', 'linear_fc2'] : ['fc1', 'fc2']);
  const [n1, n2] = [normOf(tower), normOf(tower)];
  return unit(`${name}VisionBlock`, { norm1: n1, norm2: n2, attn: attn as never, mlp }, (x: nn.Tensor, grid: Grid) => {
    const y = x.add(attn(n1(x), grid));
    return y.add(mlp(n2(y)));
  });
}

/** The blocks; in Qwen 2.5 all but a few attend within windows. */
function blocksOf(c: Config, tower: Tower): GridLayer[] {
  const window = tower.type === 'Qwen2_5_VL' ? c.size('window_size') : null;
  const whole = new Set(c.ints('fullatt_block_indexes') ?? []);
  const seesAll = (i: number): boolean => window === null || whole.has(i);
  const side = Math.max(1, Math.floor((window ?? 0) / tower.merge / tower.patch)) * tower.merge;
  return layersOf(c.layers('depth'), (i) => blockOf(c, tower, seesAll(i) ? null : side), seesAll);
}

/** A merger of what leaves a block before the last. */
interface DeepMerger {
  readonly block: number;
  readonly merger: Layer;
}

/** Squares of patches made one token each: of the last block, and in Qwen 3 of some blocks before it. */
function mergersOf(c: Config, tower: Tower): { readonly last: Layer; readonly deep: readonly DeepMerger[] } {
  const { type, name, hidden, merge, third } = tower;
  const common = { width: hidden, merge, out: type === 'Qwen2VL' ? c.size('hidden_size') : c.size('out_hidden_size') };
  const names = ['norm', 'linear_fc1', 'linear_fc2'] as const;
  const last = third
    ? merger(name, { ...common, norm: layerNorm(hidden), before: true, names })
    : merger(name, { ...common, norm: normOf(tower), before: true, names: ['ln_q', '0', '2'] });
  const indexes = type === 'Qwen3VL' ? (c.ints('deepstack_visual_indexes') ?? []) : [];
  const wide = hidden * merge * merge;
  const deep = indexes.map(
    (block): DeepMerger => ({
      block,
      merger: merger(name, { ...common, norm: layerNorm(wide), before: false, names }),
    }),
  );
  return { last, deep };
}

/** The tower of Qwen's vision-language models: N×C×H×W, each image as if it were two equal frames. */
export function qwenTower(c: Config, type: QwenTower, name: string = type): ImageTower {
  const tower = towerSizes(c, type, name);
  const { hidden, merge, patch, third } = tower;
  const embed = patchEmbedding(c, tower);
  const blocks = blocksOf(c, tower);
  const { last, deep } = mergersOf(c, tower);
  const positions = third ? new nn.Embedding(c.size('num_position_embeddings'), hidden) : null;
  return unit(
    `${name}VisionModel`,
    {
      patch_embed: embed,
      pos_embed: positions,
      blocks: list(blocks as never),
      merger: last,
      deepstack_merger_list: deep.length === 0 ? null : list(deep.map(({ merger }) => merger)),
    },
    (pixels: nn.Tensor) => {
      const map = embed(pixels);
      const [rows, columns] = [nn.int(map.size(3)), nn.int(map.size(4))];
      if (rows % merge !== 0 || columns % merge !== 0)
        throw c.wrong(
          'spatial_merge_size',
          `is ${merge}: images of ${rows}×${columns} patches do not divide; sides must be multiples of ${merge * patch}`,
        );
      let x = map.flatten(2).transpose(1, 2);
      // Places of a finer or coarser grid, from the four around each in the table.
      if (positions !== null) {
        const around = positions(F.zeros([rows * columns, 4], 'int64'));
        x = x.add(around.mul(F.zeros([rows * columns, 4, 1], around.dtype)).sum(1));
      }
      for (const [i, run] of blocks.entries()) {
        x = run(x, [rows, columns]);
        deep.find(({ block }) => block === i)?.merger(x);
      }
      return last(x);
    },
  );
}
