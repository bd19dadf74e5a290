import type * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { sizes } from '../../blocks/llama.js';
import { type Architecture, type BuildOptions, decoder } from '../../blocks/model.js';
import { type Layer, linear, type PassLayer, rms } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';

/** A transformer that several layers share: hidden state and words of N×S×hidden, and which use this is, from 0. */
export type SharedBlock = nn.Module<[x: nn.Tensor, words: nn.Tensor, pass: nn.Pass, use: number], nn.Tensor>;

export interface ZambaPlan {
  readonly type: string;
  /** Whether a layer has the shared transformer in front of its Mamba. */
  readonly hybrid: (i: number) => boolean;
  readonly mixer: () => PassLayer;
  /** Copies of the shared transformer, used in turns, and the name of their place in a layer. */
  readonly blocks: number;
  readonly shared: (which: number) => SharedBlock;
  readonly name: string;
}

/** A shared transformer reads the words and the hidden state together; its result enters a Mamba layer. */
function layersOfZamba(c: Config, o: ZambaPlan): PassLayer[] {
  const hidden = c.size('hidden_size');
  let met = 0;
  const shared = Array.from({ length: o.blocks }, (_, i) => o.shared(i));
  const mambaLayer = (): { module: Layer; run: (x: nn.Tensor, pass: nn.Pass, add?: nn.Tensor) => nn.Tensor } => {
    const [mamba, norm] = [o.mixer(), rms(hidden)];
    const run = (x: nn.Tensor, pass: nn.Pass, more?: nn.Tensor): nn.Tensor =>
      x.add(mamba(norm(more === undefined ? x : x.add(more)), pass));
    const module = unit(
      `${o.type}MambaDecoderLayer`,
      { mamba, input_layernorm: norm },
      run as (...x: unknown[]) => nn.Tensor,
    );
    return { module: module as never, run: (x, pass, more) => (module as unknown as typeof run)(x, pass, more) };
  };
  return layersOf(
    c.layers('num_hidden_layers'),
    (i): PassLayer => {
      const own = mambaLayer();
      if (!o.hybrid(i)) return own.module as never;
      const index = met++;
      const block = shared[index % shared.length] as (typeof shared)[number];
      const project = linear(hidden, hidden);
      return unit(
        `${o.type}HybridLayer`,
        { linear: project, mamba_decoder: own.module, [o.name]: block as never },
        (x: nn.Tensor, pass: nn.Pass) => {
          const words = pass.shared.get('words') as nn.Tensor;
          return own.run(x, pass, project(block(x, words, pass, index)));
        },
      );
    },
    (i) => (o.hybrid(i) ? i : null),
  );
}

/** The decoder around the layers: each shared transformer also reads the words as they came in. */
export function zambaDecoder(c: Config, o: BuildOptions, plan: ZambaPlan): Architecture {
  const s = sizes(c);
  return decoder(
    c,
    {
      type: plan.type,
      hidden: s.hidden,
      vocab: s.vocab,
      layers: layersOfZamba(c, plan),
      norm: rms(s.hidden),
      tie: c.bool('tie_word_embeddings', true),
      names: { norm: 'final_layernorm' },
      before: (x, pass) => {
        pass.shared.set('words', x);
        return x;
      },
    },
    o,
  );
}
