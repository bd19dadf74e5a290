import { add, ceildiv, floordiv, mul, sub } from '../../../../dim/index.js';
import { byName } from '../../../../source/by-name.js';
import { ModelError } from '../../../../source/errors.js';
import * as nn from '../../../../torch/nn/index.js';
import { fullAttention } from '../../blocks/attention.js';
import { layersOf } from '../../blocks/kinds.js';
import { type Architecture, type Builder, type BuildOptions, labelsOf, lastPosition } from '../../blocks/model.js';
import { activation, embedding, type Layer, linear, type PassLayer, rms } from '../../blocks/parts.js';
import { type CrossSource, crossAttention, type DecoderLayer } from '../../blocks/seq2seq.js';
import { type Parts, unit } from '../../blocks/unit.js';
import { headUnknown } from '../../blocks/vit.js';
import { type Config, MAX_STACK_LAYERS } from '../../config.js';

const NAMES = { q: 'q', k: 'k', v: 'v', o: 'o' } as const;

/** `relu`, or `gated-` and an activation. */
function mlp(c: Config): Layer {
  const [hidden, inner] = [c.size('d_model'), c.size('d_ff')];
  const text = c.str('feed_forward_proj', 'relu');
  const gated = text.startsWith('gated-');
  const name = text === 'gated-gelu' ? 'gelu_new' : text.replace(/^gated-/, '');
  const act = activation(
    { str: () => name, wrong: (f: string, w: string) => c.wrong(f, w) } as unknown as Config,
    'feed_forward_proj',
  );
  const wo = linear(inner, hidden);
  const wi = linear(hidden, inner);
  if (!gated) return unit('T5DenseActDense', { wi, wo }, (x: nn.Tensor) => wo(act(wi(x))));
  const up = linear(hidden, inner);
  return unit('T5DenseGatedActDense', { wi_0: wi, wi_1: up, wo }, (x: nn.Tensor) => wo(act(wi(x)).mul(up(x))));
}

interface Options {
  readonly type: string;
  /** Every layer has a table of distances of its own. */
  readonly everyBias: boolean;
  /** The encoder attends within blocks. */
  readonly local?: boolean;
}

/**
 * Attention of each block of tokens to itself and to the blocks beside it; tokens fill up the last block. `transient-global`:
 * and to one more token for every `global_block_size`, their sums, made anew in each layer.
 */
function localAttention(c: Config, first: boolean): PassLayer {
  const [hidden, heads, d] = [c.size('d_model'), c.size('num_heads'), c.size('d_kv')];
  const kind = c.str('encoder_attention_type', 'local');
  const global = kind === 'transient-global' ? c.size('global_block_size', 16) : null;
  if (kind !== 'local' && global === null)
    throw new ModelError('unsupported', `${c.type}: attention of the kind "${kind.slice(0, 40)}" is not counted`, {
      format: 'transformers',
      at: { field: 'encoder_attention_type' },
      hint: 'known: local, transient-global',
    });
  const size = c.int('local_radius', 127) + 1;
  const inner = heads * d;
  const [q, k, v, o] = [linear(hidden, inner), linear(hidden, inner), linear(hidden, inner), linear(inner, hidden)];
  const norm = global === null ? null : rms(hidden);
  const table = global === null || !first ? null : embedding(c.int('relative_attention_num_buckets', 32), heads);
  const name = global === null ? 'LongT5LocalAttention' : 'LongT5TransientGlobalAttention';
  const parts = { q, k, v, o, global_relative_attention_bias: table, global_input_layer_norm: norm };
  return unit(name, parts, (x: nn.Tensor) => {
    const [n, length] = [x.size(0), x.size(1)];
    const count = ceildiv(length, size);
    const rest = sub(mul(size, count), length);
    const blocks = (t: nn.Tensor): nn.Tensor => nn.functional.pad(t, [0, 0, 0, rest]).reshape(n, count, size, heads, d);
    const three = (t: nn.Tensor): nn.Tensor => {
      const wide = nn.functional.pad(t, [0, 0, 0, 0, 0, 0, 1, 1]);
      return nn.functional.cat(
        [0, 1, 2].map((at) => wide.narrow(1, at, count)),
        2,
      );
    };
    const qb = blocks(q(x));
    let [kb, vb] = [three(blocks(k(x))), three(blocks(v(x)))];
    if (global !== null && norm !== null) {
      const few = floordiv(length, global);
      const belongs = nn.functional.zeros([n, length, few], x.dtype);
      const sums = norm(nn.functional.einsum('bnd,bng->bgd', x, belongs));
      const beside = (t: nn.Tensor): nn.Tensor => t.view(n, 1, few, heads, d).expand(n, count, few, heads, d);
      [kb, vb] = [nn.functional.cat([kb, beside(k(sums))], 2), nn.functional.cat([vb, beside(v(sums))], 2)];
    }
    const scores = nn.functional.einsum('bcqhd,bckhd->bchqk', qb, kb);
    const read = nn.functional.einsum('bchqk,bckhd->bcqhd', scores.add(scores).softmax(-1), vb);
    return o(read.reshape(n, mul(count, size), inner).narrow(1, 0, length));
  });
}

const localName = (c: Config): string =>
  c.str('encoder_attention_type', 'local') === 'local' ? 'LocalSelfAttention' : 'TransientGlobalSelfAttention';

/** One layer; `tabled` where it has a table of distances of its own. */
function layerOf(c: Config, { type, local }: Options, decoder: boolean, tabled: boolean, first: boolean): DecoderLayer {
  const [hidden, heads, d] = [c.size('d_model'), c.size('num_heads'), c.size('d_kv')];
  const near = local === true && !decoder;
  const attention: PassLayer = near
    ? localAttention(c, first)
    : fullAttention(hidden, heads, { head_dim: d, bias: false, causal: decoder, cached: decoder, names: NAMES });
  if (tabled)
    (attention as unknown as Record<string, unknown>)['relative_attention_bias'] = embedding(
      c.int('relative_attention_num_buckets', 32),
      heads,
    );
  const norms = [rms(hidden), rms(hidden), rms(hidden)] as const;
  const self = unit(
    `${type}Layer${near ? 'Local' : ''}SelfAttention`,
    { [near ? localName(c) : 'SelfAttention']: attention, layer_norm: norms[0] },
    (x: nn.Tensor, pass: nn.Pass) => x.add(attention(norms[0](x), pass)),
  );
  const cross = decoder ? crossOf(c, type, norms[1]) : null;
  const ff = mlp(c);
  const last = unit(`${type}LayerFF`, { DenseReluDense: ff, layer_norm: norms[2] }, (x: nn.Tensor) =>
    x.add(ff(norms[2](x))),
  );
  const list = new nn.ModuleList([self, ...(cross === null ? [] : [cross]), last] as never);
  return unit(`${type}Block`, { layer: list }, (x: nn.Tensor, pass: nn.Pass, from: CrossSource | null) => {
    let y = self(x, pass);
    if (cross !== null && from !== null) y = cross(y, pass, from);
    return last(y);
  });
}

function crossOf(c: Config, type: string, norm: Layer): nn.Module<[nn.Tensor, nn.Pass, CrossSource], nn.Tensor> {
  const [hidden, heads, d] = [c.size('d_model'), c.size('num_heads'), c.size('d_kv')];
  const attention = crossAttention({ type: `${type}Attention`, hidden, heads, d, bias: false, names: NAMES });
  return unit(
    `${type}LayerCrossAttention`,
    { EncDecAttention: attention as never, layer_norm: norm },
    (x: nn.Tensor, pass: nn.Pass, from: CrossSource) => x.add(attention(norm(x), pass, from)),
  );
}

function side(c: Config, o: Options, decoder: boolean, embed: nn.Embedding): DecoderLayer {
  const field = decoder && c.maybe('num_decoder_layers') !== null ? 'num_decoder_layers' : 'num_layers';
  const tabled = (i: number): boolean => o.everyBias || i === 0;
  const blocks = layersOf(
    c.layers(field, undefined, MAX_STACK_LAYERS),
    (i) => layerOf(c, o, decoder, tabled(i), i === 0),
    tabled,
  );
  const norm = rms(c.size('d_model'));
  return unit(
    `${o.type}Stack`,
    { embed_tokens: embed, block: new nn.ModuleList(blocks as never), final_layer_norm: norm },
    (ids: nn.Tensor, pass: nn.Pass, from: CrossSource | null) =>
      norm(blocks.reduce((x, run) => run(x, pass, from), embed(ids))),
  );
}

type Free = Parameters<Architecture['inputs']>[0];
const idsOf = (free: Free, name: string, length: string): nn.InputSpec => ({
  name,
  shape: [free('batch'), free(length)],
  dtype: 'int64',
});

/** The encoder alone, with classes of its tokens where they are asked for. */
function encoderAlone(
  c: Config,
  type: string,
  name: string,
  shared: nn.Embedding,
  encoder: DecoderLayer,
): Architecture {
  const alone = (x: nn.Tensor): nn.Tensor => encoder(x, new nn.Pass(x.size(0), x.size(1), 0), null);
  const tokens = /TokenClassification$/.test(name);
  const half = unit(tokens ? `${type}EncoderModel` : name, { shared, encoder: encoder as never }, alone);
  const inputs: Architecture['inputs'] = (free) => [idsOf(free, 'input_ids', 'sequence')];
  if (!tokens) return { module: half, inputs, kept: () => null };
  const classes = linear(c.size('d_model'), labelsOf(c), true);
  const module = unit(name, { transformer: half, classifier: classes }, (x: nn.Tensor) => classes(half(x)));
  return { module, inputs, kept: () => null };
}

function t5(options: Options): Builder {
  return (c, o: BuildOptions): Architecture => {
    const hidden = c.size('d_model');
    const shared = embedding(c.size('vocab_size'), hidden);
    const encoder = side(c, options, false, shared);
    const name = o.architecture;
    if (/(?:EncoderModel|TokenClassification)$/.test(name)) return encoderAlone(c, options.type, name, shared, encoder);
    const decoder = side(c, options, true, shared);
    let kept: nn.Kept[] = [];
    const parts: Parts = { shared, encoder: encoder as never, decoder: decoder as never };
    const run = (x: nn.Tensor, target: nn.Tensor, mask: nn.Tensor): nn.Tensor => {
      const pass = new nn.Pass(target.size(0), target.size(1), sub(mask.size(1), target.size(1)));
      kept = pass.kept;
      const states = pass.first ? encoder(x, pass, null) : null;
      return decoder(target, pass, { states, length: x.size(1) });
    };
    const head = linear(hidden, c.size('vocab_size')) as unknown as nn.Linear;
    // The reference ties the head whatever the configuration says; that only scales what enters it.
    head.weight = shared.weight;
    const last = lastPosition(o);
    const words = (): nn.AnyModule =>
      unit(
        name || `${options.type}ForConditionalGeneration`,
        { ...parts, lm_head: head },
        (...x: [nn.Tensor, nn.Tensor, nn.Tensor]) => head(last(run(...x).mul(1))),
      );
    return {
      module: /Model$/.test(name)
        ? unit(name, parts, run)
        : (taskOf(c, name, options.type, hidden, parts, run) ?? words()),
      inputs: (free) => [
        idsOf(free, 'input_ids', 'source'),
        idsOf(free, 'decoder_input_ids', 'sequence'),
        {
          name: 'decoder_attention_mask',
          shape: [free('batch'), add(free('past', 0), free('sequence'))],
          dtype: 'int64',
        },
      ],
      kept: () => kept,
    };
  };
}

type Run = (x: nn.Tensor, target: nn.Tensor, mask: nn.Tensor) => nn.Tensor;
/** Classes of a sequence, of its last token, and spans of answers; null for a head of words. */
function taskOf(c: Config, name: string, type: string, hidden: number, parts: Parts, run: Run): nn.AnyModule | null {
  if (/QuestionAnswering$/.test(name)) {
    const spans = linear(hidden, 2, true);
    return unit(name, { ...parts, qa_outputs: spans }, (...x: Parameters<Run>) => spans(run(...x)));
  }
  if (/SequenceClassification$/.test(name)) {
    const [dense, out] = [linear(hidden, hidden, true), linear(hidden, labelsOf(c), true)];
    const head = unit(`${type}ClassificationHead`, { dense, out_proj: out }, (x: nn.Tensor) => out(dense(x).tanh()));
    const base = unit(`${type}Model`, parts, run);
    return unit(name, { transformer: base as never, classification_head: head }, (...x: Parameters<Run>) =>
      head(base(...x).select(1, 0)),
    );
  }
  if (/(?:ConditionalGeneration|WithLMHead)$/.test(name) || name === '') return null;
  throw headUnknown(c, name);
}

export const families: Readonly<Record<string, Builder>> = byName({
  t5: t5({ type: 'T5', everyBias: false }),
  mt5: t5({ type: 'MT5', everyBias: false }),
  longt5: t5({ type: 'LongT5', everyBias: false, local: true }),
  umt5: t5({ type: 'UMT5', everyBias: true }),
});
