import * as nn from '../../../torch/nn/index.js';
import type { Config } from '../config.js';
import { groupsBy, layersOf } from './kinds.js';
import { sizes } from './llama.js';
import { type Architecture, type BuildOptions, type DecoderSpec, decoder } from './model.js';
import { type Layer, type PassLayer, rms } from './parts.js';
import { unit } from './unit.js';

/** Hyper-connections: the residual is several streams, which each branch reads as a mix and writes back to. */
export interface Streams {
  readonly count: number;
  readonly hidden: number;
  /** Whether the streams are also mixed with each other, by a matrix made doubly stochastic. */
  readonly combine: boolean;
}

interface StreamedPlan {
  readonly type: string;
  readonly streams: Streams;
  /** The key of a layer: layers with the same key are equal. */
  readonly kind: (i: number) => unknown;
  readonly layer: (i: number) => { attention: PassLayer; mlp: Layer | PassLayer };
  readonly decoder?: Partial<DecoderSpec>;
}

/** Weights of reading, writing and mixing, all from the streams themselves. */
function connection(
  s: Streams,
  type: string,
): nn.Module<[nn.Tensor], { post: nn.Tensor; read: nn.Tensor; mix: nn.Tensor | null }> {
  const rows = s.combine ? (2 + s.count) * s.count : 2 * s.count;
  const fn = new nn.Parameter([rows, s.count * s.hidden]);
  const base = new nn.Parameter([rows]);
  const scale = new nn.Parameter([s.combine ? 3 : 2]);
  return unit(`${type}HyperConnection`, { fn, base, scale }, (x: nn.Tensor) => {
    const flat = x.flatten(2);
    const mixes = nn.functional.linear(flat, fn).mul(flat.square().mean(-1, true).rsqrt());
    const parts = mixes.split(s.combine ? [s.count, s.count, s.count * s.count] : [s.count, s.count], -1);
    const pre = (parts[0] as nn.Tensor).mul(1).add(1).sigmoid();
    const post = (parts[1] as nn.Tensor).mul(1).add(1).sigmoid().mul(1);
    const mix = parts[2]?.mul(1).add(1).softmax(-1).view(x.size(0), x.size(1), s.count, s.count) ?? null;
    return { post, read: pre.unsqueeze(-1).mul(x).sum(2), mix };
  });
}

/** A decoder whose layers are joined by hyper-connections. */
export function streamed(c: Config, o: BuildOptions, plan: StreamedPlan): Architecture {
  const s = sizes(c);
  const { streams, type } = plan;
  // The first layer reads one stream under as many names, those after it as many streams.
  const kind = (i: number): unknown => [i === 0, plan.kind(i)];
  const make = (i: number): PassLayer => {
    const { attention, mlp } = plan.layer(i);
    const norms = [rms(s.hidden), rms(s.hidden)] as const;
    const [attnHc, ffnHc] = [connection(streams, type), connection(streams, type)];
    const branch = (x: nn.Tensor, hc: typeof attnHc, run: (y: nn.Tensor) => nn.Tensor): nn.Tensor => {
      const { post, read, mix } = hc(x);
      const written = post.unsqueeze(-1).mul(run(read).unsqueeze(2));
      return written.add(mix === null ? x : mix.matmul(x));
    };
    return unit(
      `${type}DecoderLayer`,
      {
        self_attn: attention,
        mlp: mlp as Layer,
        input_layernorm: norms[0],
        post_attention_layernorm: norms[1],
        attn_hc: attnHc as never,
        ffn_hc: ffnHc as never,
      },
      (x: nn.Tensor, pass: nn.Pass) => {
        const y = branch(x, attnHc, (z) => attention(norms[0](z), pass));
        return branch(y, ffnHc, (z) => (mlp as PassLayer)(norms[1](z), pass));
      },
    );
  };
  const stands = o.fold ? groupsBy(s.layers, kind) : null;
  const layers = stands === null ? layersOf(s.layers, make, kind) : stands.map(([i = 0]) => make(i));
  const fn = new nn.Parameter([streams.count, streams.count * s.hidden]);
  const head = unit(
    `${type}HyperHead`,
    { hc_fn: fn, hc_base: new nn.Parameter([streams.count]), hc_scale: new nn.Parameter([1]) },
    (x: nn.Tensor) => {
      const flat = x.flatten(2);
      const mixes = nn.functional.linear(flat, fn).mul(flat.square().mean(-1, true).rsqrt());
      return mixes.mul(1).add(1).sigmoid().unsqueeze(-1).mul(x).sum(2);
    },
  );
  return decoder(
    c,
    {
      type,
      hidden: s.hidden,
      vocab: s.vocab,
      layers,
      ...(stands === null ? {} : { stands }),
      norm: rms(s.hidden),
      tie: c.bool('tie_word_embeddings'),
      parts: { hc_head: head },
      run: (x, pass, list) => {
        let y = x.unsqueeze(2).expand(x.size(0), x.size(1), streams.count, s.hidden);
        for (const layer of list) y = layer(y, pass);
        return head(y);
      },
      ...plan.decoder,
    },
    o,
  );
}
