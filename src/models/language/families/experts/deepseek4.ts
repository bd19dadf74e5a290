import { add, type Dim, equal, floordiv, mod, mul } from '../../../../dim/index.js';
import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { gated, mixture, rotaryDims, sizes } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { type Layer, linear, type PassLayer, rms } from '../../blocks/parts.js';
import { streamed } from '../../blocks/streams.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';

const F = nn.functional;
const SPARSE = 'compressed_sparse_attention';
const HEAVY = 'heavily_compressed_attention';
const SLIDING = 'sliding_attention';

interface Compression {
  readonly hidden: number;
  readonly depth: number;
  /** This many tokens give one entry. */
  readonly rate: number;
  /** Each entry is made of its own tokens and those of the entry before. */
  readonly overlap: boolean;
  readonly rotary: number;
}

/** Parts of a compressor, and what it makes: an entry for every `rate` tokens, weighted means of what they project to. */
function compression(
  s: Compression,
  name: string,
): { parts: Record<string, nn.AnyModule | nn.Parameter>; run: (x: nn.Tensor, pass: nn.Pass) => nn.Tensor } {
  const wide = s.overlap ? 2 * s.depth : s.depth;
  const [project, gate] = [linear(s.hidden, wide), linear(s.hidden, wide)];
  const bias = new nn.Parameter([s.rate, wide]);
  const norm = rms(s.depth);
  const run = (x: nn.Tensor, pass: nn.Pass): nn.Tensor => {
    const n = x.size(0);
    const waiting = pass.first ? 0 : mod(pass.past, s.rate);
    const made = pass.first ? 0 : floordiv(pass.past, s.rate);
    const reached = add(waiting, x.size(1));
    const windows = floordiv(reached, s.rate);
    const fresh = [project(x), gate(x)].map((t, i) => {
      const label = `${name}_${i === 0 ? 'buffer' : 'gate'}`;
      const all = present(waiting) ? F.cat([pass.given(label, [n, waiting, wide], t.dtype), t], 1) : t;
      keep(pass, label, [n, mod(reached, s.rate), wide], t.dtype);
      return present(windows) ? all.narrow(1, 0, mul(windows, s.rate)).view(n, windows, s.rate, wide) : null;
    });
    const total = add(made, windows);
    if (s.overlap && present(total))
      for (const label of ['overlap', 'overlap_gate']) keep(pass, `${name}_${label}`, [n, s.rate, s.depth], x.dtype);
    keep(pass, `${name}_entries`, [n, total, s.depth], x.dtype);
    const before = present(made) ? [pass.given(`${name}_entries`, [n, made, s.depth], x.dtype)] : [];
    const [kv, weights] = fresh;
    if (!kv || !weights) return before[0] ?? F.zeros([n, 0, s.depth], x.dtype);
    const biased = weights.add(bias);
    const spread = (t: nn.Tensor): nn.Tensor =>
      s.overlap ? t.view(n, windows, s.rate, 2, s.depth).reshape(n, windows, 2 * s.rate, s.depth) : t;
    const entries = F.rotary(norm(spread(kv).mul(spread(biased).softmax(2)).sum(2)), s.rotary);
    return F.cat([...before, entries], 1);
  };
  return { parts: { position_bias: bias, kv_proj: project, gate_proj: gate, kv_norm: norm }, run };
}
const present = (d: Dim): boolean => !equal(d, 0);
function keep(pass: nn.Pass, name: string, shape: readonly Dim[], dtype: nn.Kept['dtype']): void {
  if (shape.every(present)) pass.kept.push({ name, dtype, shape });
}

/** Scores of the compressed entries for every query, by heads of their own: which entries are attended to. */
function indexer(c: Config, s: Compression): nn.Module<[nn.Tensor, nn.Tensor, nn.Pass], nn.Tensor | null> {
  const [heads, depth] = [c.size('index_n_heads'), c.size('index_head_dim')];
  const own = compression({ ...s, depth }, 'indexer');
  const query = linear(c.size('q_lora_rank'), heads * depth);
  const weights = linear(s.hidden, heads);
  const top = c.size('index_topk');
  const scorer = unit(
    'DeepseekV4IndexerScorer',
    { weights_proj: weights },
    (q: nn.Tensor, entries: nn.Tensor, x: nn.Tensor) => {
      const scores = q.matmul(entries.transpose(1, 2).unsqueeze(1)).relu().mul(1);
      return scores.mul(weights(x).mul(1).unsqueeze(-1)).sum(2);
    },
  );
  return unit(
    'DeepseekV4Indexer',
    { ...own.parts, q_b_proj: query, scorer: scorer as never },
    (x: nn.Tensor, latent: nn.Tensor, pass: nn.Pass) => {
      const entries = own.run(x, pass);
      const turned = F.rotary(
        query(latent).view(x.size(0), x.size(1), heads, depth).transpose(1, 2),
        Math.min(s.rotary, depth),
      );
      if (!present(entries.size(1))) {
        weights(x);
        return null;
      }
      const scores = scorer(turned.transpose(1, 2), entries, x);
      const count = scores.size(-1);
      return typeof count === 'number' ? scores.topk(Math.min(top, count))[0] : scores;
    },
  );
}

/** A projection in groups of rows: each group of heads by a matrix of its own. */
function groupedLinear(inputs: number, outputs: number, groups: number): Layer {
  const weight = new nn.Parameter([groups * outputs, inputs]);
  return unit('DeepseekV4GroupedLinear', { weight }, (x: nn.Tensor) => {
    const [n, steps] = [x.size(0), x.size(1)];
    const rows = x.reshape(mul(n, steps), groups, inputs).transpose(0, 1);
    const y = rows.bmm(weight.view(groups, outputs, inputs).transpose(1, 2));
    return y.transpose(0, 1).reshape(n, steps, groups * outputs);
  });
}

/** One head of keys that are the values too: a window of them, and compressed entries of all that went before. */
function attention(c: Config, kind: string, rate: number): PassLayer {
  const s = sizes(c);
  const [rank, groups] = [c.size('q_lora_rank'), c.size('o_groups')];
  const window = c.size('sliding_window');
  const inner = s.heads * s.d;
  if (inner % groups !== 0) throw c.wrong('o_groups', `is ${groups}, which does not divide ${inner}`);
  const rotary = rotaryOf(c, s.d);
  const [qa, qn, qb] = [linear(s.hidden, rank), rms(rank), linear(rank, inner)];
  const [kv, kvn] = [linear(s.hidden, s.d), rms(s.d)];
  const width = c.size('o_lora_rank');
  const [oa, ob] = [groupedLinear(inner / groups, width, groups), linear(groups * width, s.hidden)];
  const sinks = new nn.Parameter([s.heads]);
  const spec: Compression = { hidden: s.hidden, depth: s.d, rate, overlap: kind === SPARSE, rotary };
  let compressor: nn.Module<[nn.Tensor, nn.Tensor, nn.Pass], nn.Tensor> | null = null;
  if (kind !== SLIDING) {
    const own = compression(spec, 'compressor');
    const index = kind === SPARSE ? indexer(c, spec) : null;
    compressor = unit(
      `DeepseekV4${kind === SPARSE ? 'CSA' : 'HCA'}Compressor`,
      { ...own.parts, indexer: index as never },
      (x: nn.Tensor, latent: nn.Tensor, pass: nn.Pass) => {
        const entries = own.run(x, pass);
        index?.(x, latent, pass);
        return entries;
      },
    );
  }
  return unit(
    'DeepseekV4Attention',
    {
      sinks,
      q_a_proj: qa,
      q_a_norm: qn,
      q_b_proj: qb,
      kv_proj: kv,
      kv_norm: kvn,
      o_a_proj: oa,
      o_b_proj: ob,
      compressor: compressor as never,
    },
    (x: nn.Tensor, pass: nn.Pass) => {
      const [n, steps] = [x.size(0), x.size(1)];
      const latent = qn(qa(x));
      const q = F.rotary(F.rms_norm(qb(latent).view(n, steps, s.heads, s.d).transpose(1, 2), [s.d]), rotary);
      const fresh = F.rotary(kvn(kv(x)).unsqueeze(1), rotary);
      const keys = pass.extend('key_value', fresh, 2, window);
      let y = F.scaled_dot_product_attention(q, keys, keys, {
        is_causal: true,
        at_end: true,
        window,
        enable_gqa: true,
        sinks,
      });
      const entries = compressor?.(x, latent, pass);
      // One softmax over both: the products are those of two attentions.
      if (entries !== undefined && present(entries.size(1))) {
        const more = entries.unsqueeze(1);
        y = y.add(F.scaled_dot_product_attention(q, more, more, { enable_gqa: true }));
      }
      const back = F.rotary(y, rotary).transpose(1, 2);
      return ob(oa(back.reshape(n, steps, groups, inner / groups)));
    },
  );
}
function rotaryOf(c: Config, depth: number): number {
  if (c.maybe('qk_rope_head_dim') !== null && !c.says('partial_rotary_factor')) return c.int('qk_rope_head_dim');
  return c.says('partial_rotary_factor') ? rotaryDims(c, depth) : Math.floor(depth / 8);
}

/** Tokens an entry of each kind; in older files under names of their own. */
function ratesOf(c: Config): Record<string, number> {
  const given = c.get('compress_rates');
  const own = typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : {};
  const rate = (kind: string, old: string, otherwise: number): number => {
    const value = c.maybe(old) ?? own[kind] ?? otherwise;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1)
      throw c.wrong('compress_rates', `says nothing whole of ${kind}`);
    return value;
  };
  return { [SPARSE]: rate(SPARSE, 'compress_rate_csa', 4), [HEAVY]: rate(HEAVY, 'compress_rate_hca', 128) };
}
function kindsOf(c: Config, layers: number): string[] {
  const ratios = c.ints('compress_ratios');
  const byRatio: Readonly<Record<number, string>> = { 0: SLIDING, 4: SPARSE, 128: HEAVY };
  const kinds = c.kinds('layer_types', layers, (i) =>
    ratios === null ? (i < 2 || i % 2 === 0 ? HEAVY : SPARSE) : (byRatio[ratios[i] ?? -1] ?? ''),
  );
  const unknown = kinds.find((kind) => ![SLIDING, SPARSE, HEAVY].includes(kind));
  if (unknown !== undefined)
    throw c.wrong('layer_types', `has "${unknown.slice(0, 40)}", which is not a kind of layer`);
  return kinds;
}

const deepseekV4: Builder = (c, o) => {
  const s = sizes(c);
  const kinds = kindsOf(c, s.layers);
  const rates = ratesOf(c);
  const inner = c.size('moe_intermediate_size');
  return streamed(c, o, {
    type: 'DeepseekV4',
    streams: { count: c.size('hc_mult'), hidden: s.hidden, combine: true },
    kind: (i) => kinds[i],
    layer: (i) => ({
      attention: attention(c, kinds[i] as string, rates[kinds[i] as string] ?? 1),
      mlp: mixture(c, 'DeepseekV4SparseMoeBlock', {
        experts: c.size('n_routed_experts'),
        top_k: c.size('num_experts_per_tok'),
        inner,
        shared: ['shared_experts', gated(c, inner)],
      }),
    }),
  });
};

export const families: Readonly<Record<string, Builder>> = byName({ deepseek_v4: deepseekV4 });
