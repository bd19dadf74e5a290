import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { kindsOf } from '../../blocks/layer-kinds.js';
import { everyNth, gated, rotaryDims, windows } from '../../blocks/llama.js';
import { type Builder, type DecoderSpec, decoder } from '../../blocks/model.js';
import { type Activation, activation, type Layer, linear, type PassLayer, rms } from '../../blocks/parts.js';
import { type Parts, unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';
import { perLayerEmbeddings } from './per-layer-embeddings.js';

const F = nn.functional;

/** One number for all layers, or a list with one for each. */
function perLayer(c: Config, name: string, layers: number, fallback?: number): number[] {
  const value = c.get(name);
  if (!Array.isArray(value)) return new Array<number>(layers).fill(c.number(name, fallback));
  if (value.length !== layers || value.some((v) => typeof v !== 'number'))
    throw c.wrong(name, `has ${value.length} entries for ${layers} layers`);
  return value as number[];
}

/** Several versions of the hidden state: one is computed, the others predicted from it and corrected (AltUp, arXiv 2301.13310). */
interface AltUp {
  readonly module: nn.AnyModule;
  predict(states: nn.Tensor): nn.Tensor;
  correct(predictions: nn.Tensor, activated: nn.Tensor): nn.Tensor;
  scaled(state: nn.Tensor): nn.Tensor;
}
function altUp(c: Config, hidden: number, count: number, active: number): AltUp {
  const scale = new nn.Parameter([hidden]);
  const [correction, prediction] = [linear(count, count), linear(count, count * count)];
  const [router, norm] = [linear(hidden, count), rms(hidden)];
  const modalities = (x: nn.Tensor): nn.Tensor => router(norm(x).mul(1)).tanh();
  const picked = c.bool('altup_correct_scale', true);
  return {
    module: unit(
      'Gemma3nTextAltUp',
      {
        correct_output_scale: scale,
        correction_coefs: correction,
        prediction_coefs: prediction,
        modality_router: router,
        router_norm: norm,
      },
      (x: nn.Tensor) => x.mul(scale),
    ),
    predict(states) {
      const x = states.select(0, active);
      const coefficients = prediction(modalities(x)).view(x.size(0), x.size(1), count, count).permute(0, 1, 3, 2);
      return states.permute(1, 2, 3, 0).matmul(coefficients).permute(3, 0, 1, 2).add(states);
    },
    correct(predictions, activated) {
      const coefficients = correction(modalities(activated)).add(1).permute(2, 0, 1).unsqueeze(-1);
      return activated.sub(predictions.select(0, active)).unsqueeze(0).mul(coefficients).add(predictions);
    },
    scaled: (state) => (picked ? state.mul(scale) : state),
  };
}

/** Sizes and choices that several parts need. */
interface Plan {
  readonly hidden: number;
  readonly layers: number;
  /** Width of the embedding that each layer has of its own. */
  readonly extra: number;
  /** Versions of the hidden state, and which of them is computed. */
  readonly count: number;
  readonly active: number;
  readonly act: Activation;
}

function planOf(c: Config): Plan {
  const [count, active] = [c.size('altup_num_inputs'), c.int('altup_active_idx', 0)];
  if (active >= count) throw c.wrong('altup_active_idx', `is ${active} of ${count} versions`);
  return {
    hidden: c.size('hidden_size'),
    layers: c.layers('num_hidden_layers'),
    extra: c.size('hidden_size_per_layer_input'),
    count,
    active,
    act: activation(c, 'hidden_activation', 'gelu_pytorch_tanh'),
  };
}

/** Attention by layer. The last ones use keys and values of the last layer before them that is of the same kind. */
function attentionsOf(c: Config, { hidden, layers }: Plan): (i: number) => PassLayer {
  const kinds = kindsOf(c, everyNth(5));
  const window = windows(c, kinds);
  const firstShared = layers - c.int('num_kv_shared_layers', 0);
  const d = c.size('head_dim');
  return (i) => {
    const takes = firstShared > 0 && i >= firstShared;
    const kind = kinds[i] as string;
    if (takes && !kinds.slice(0, firstShared).includes(kind))
      throw c.wrong('num_kv_shared_layers', `leaves no layer that gives keys to layer ${i} (${kind})`);
    const gives = !takes && kinds.lastIndexOf(kind, firstShared - 1) === i;
    return new nn.GroupedAttention({
      hidden_size: hidden,
      num_heads: c.size('num_attention_heads'),
      num_kv_heads: c.size('num_key_value_heads'),
      head_dim: d,
      bias: c.bool('attention_bias'),
      rotary_dim: rotaryDims(c, d),
      window: window[i] ?? null,
      q_norm: ['q_norm', rms(d)],
      k_norm: takes ? null : ['k_norm', rms(d)],
      shared_kv: takes || gives ? { name: kind, role: takes ? 'takes' : 'gives' } : null,
    });
  };
}

/** MLPs by layer; those of the first layers pass on only the values that stand out of the mean. */
function mlpsOf(c: Config, { layers, act }: Plan): (i: number) => Layer {
  const inner = perLayer(c, 'intermediate_size', layers);
  const given = c.get('activation_sparsity_pattern');
  const sparsity =
    typeof given === 'number' ? new Array<number>(layers).fill(given) : (c.list('activation_sparsity_pattern') ?? []);
  return (i) => {
    const asked = sparsity[i];
    const sparse = typeof asked === 'number' ? asked > 0 : layers > 10 && i < 10;
    const standingOut = (x: nn.Tensor): nn.Tensor => F.relu(x.sub(x.mean(-1, true).add(x.std(-1, true).mul(1))));
    return gated(c, inner[i] as number, { bias: false, activation: (x) => act(sparse ? standingOut(x) : x) });
  };
}

/** A residual branch of low rank beside attention (arXiv 2411.07501). */
function laurelOf(c: Config, hidden: number): Layer {
  const rank = c.size('laurel_rank');
  const [left, right, after] = [linear(hidden, rank), linear(rank, hidden), rms(hidden)];
  return unit(
    'Gemma3nTextLaurelBlock',
    { linear_left: left, linear_right: right, post_laurel_norm: after },
    (x: nn.Tensor) => x.add(after(right(left(x)))),
  );
}

/** A layer: the active version goes through attention and MLP, the others are corrected by its result. */
function layerOf(c: Config, plan: Plan, attend: PassLayer, feed: Layer, own: (pass: nn.Pass) => nn.Tensor): PassLayer {
  const { hidden, extra, count, active, act } = plan;
  const alt = altUp(c, hidden, count, active);
  const norms = [rms(hidden), rms(hidden), rms(hidden), rms(hidden)] as const;
  const laurel = laurelOf(c, hidden);
  const [gate, project, norm] = [linear(hidden, extra), linear(extra, hidden), rms(hidden)];
  const transformed = (x: nn.Tensor, pass: nn.Pass): nn.Tensor => {
    const normed = norms[0](x);
    const beside = laurel(normed);
    const y = x
      .add(norms[1](attend(normed, pass)))
      .add(beside)
      .div(1);
    return y.add(norms[3](feed(norms[2](y))));
  };
  return unit(
    'Gemma3nTextDecoderLayer',
    {
      self_attn: attend,
      mlp: feed,
      input_layernorm: norms[0],
      post_attention_layernorm: norms[1],
      pre_feedforward_layernorm: norms[2],
      post_feedforward_layernorm: norms[3],
      altup: alt.module,
      laurel,
      per_layer_input_gate: gate,
      per_layer_projection: project,
      post_per_layer_input_norm: norm,
    },
    (states: nn.Tensor, pass: nn.Pass) => {
      const predictions = alt.predict(states);
      const corrected = alt.correct(predictions, transformed(predictions.select(0, active), pass));
      const mine = own(pass);
      const first = norm(project(act(gate(alt.scaled(corrected.select(0, active)))).mul(mine)));
      return count === 1
        ? corrected
        : F.cat([corrected.narrow(0, 0, 1), corrected.narrow(0, 1, count - 1).add(first)], 0);
    },
  );
}

/** The versions of the hidden state: made before the first layer, one of them after the last, each of equal magnitude. */
function versionsOf({ hidden, count }: Plan): Required<Pick<DecoderSpec, 'run'>> & { readonly parts: Parts } {
  const [into, out] = [0, 1].map(() => layersOf(count - 1, () => linear(hidden, hidden))) as [Layer[], Layer[]];
  const sizeOf = (x: nn.Tensor): nn.Tensor => x.square().mean(-1, true).sqrt();
  const resized = (x: nn.Tensor, target: nn.Tensor): nn.Tensor => x.mul(target).div(sizeOf(x));
  return {
    parts: {
      altup_projections: new nn.ModuleList(into as never),
      altup_unembed_projections: new nn.ModuleList(out as never),
    },
    run(x, pass, list) {
      const target = sizeOf(x);
      const all = F.stack([x, ...into.map((run) => resized(run(x), target))], 0);
      const y = list.reduce((z, run) => run(z, pass), all);
      const last = y.select(0, 0);
      const size = sizeOf(last);
      return F.stack([last, ...out.map((run, i) => resized(run(y.select(0, i + 1)), size))], 0).mean(0);
    },
  };
}

/** Gemma 3n: AltUp, a low-rank branch beside attention, keys shared by the last layers, an embedding for each layer. */
const gemma3n: Builder = (c, o) => {
  const plan = planOf(c);
  const { hidden, layers, extra } = plan;
  const [attention, mlp] = [attentionsOf(c, plan), mlpsOf(c, plan)];
  const embeddings = perLayerEmbeddings(c, { hidden, layers, width: extra });
  const versions = versionsOf(plan);
  const spec: DecoderSpec = {
    type: 'Gemma3n',
    hidden,
    vocab: c.size('vocab_size'),
    layers: Array.from({ length: layers }, (_, i) =>
      layerOf(c, plan, attention(i), mlp(i), (pass) => embeddings.of(pass, i)),
    ),
    norm: rms(hidden),
    tie: c.bool('tie_word_embeddings', true),
    softcap: c.get('final_logit_softcapping') != null,
    parts: { ...embeddings.parts, ...versions.parts },
    before: embeddings.before,
    run: versions.run,
  };
  return decoder(c, spec, o);
};

export const families: Readonly<Record<string, Builder>> = byName({ gemma3n_text: gemma3n });
