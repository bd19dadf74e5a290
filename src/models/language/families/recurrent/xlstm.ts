import { floordiv, mod, mul } from '../../../../dim/index.js';
import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { type Builder, decoder } from '../../blocks/model.js';
import { type Layer, layerNorm, linear, type PassLayer, rms } from '../../blocks/parts.js';
import { type Parts, unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';

/** Queries, keys and values by head; the state before the pass: a matrix of keys×values, and a vector of keys. */
interface Recurrence {
  readonly q: nn.Tensor;
  readonly k: nn.Tensor;
  readonly v: nn.Tensor;
  readonly matrix: nn.Tensor;
  readonly vector: nn.Tensor;
}

/** Token by token. The outer products that write to the state are elementwise; reading it is a product. */
function stepwise(r: Recurrence): nn.Tensor {
  return r.q.matmul(r.matrix).div(r.q.matmul(r.vector.unsqueeze(-1)).abs());
}

/** Chunks of some tokens at once: full attention within each, and the state between them. */
function chunked(r: Recurrence, size: number): nn.Tensor {
  const [n, heads, steps] = [r.q.size(0), r.q.size(1), r.q.size(2)];
  const count = floordiv(steps, size);
  const split = (t: nn.Tensor): nn.Tensor => t.reshape(n, heads, count, size, t.size(-1));
  const [q, k, v] = [split(r.q), split(r.k), split(r.v)];
  const states = k.transpose(-1, -2).matmul(v);
  const vectors = k.sum(-2).unsqueeze(-1);
  const within = q.matmul(k.transpose(-1, -2)).mul(1).exp();
  const out = q.matmul(states).add(within.matmul(v));
  const norm = q.matmul(vectors).add(within.sum(-1, true)).abs();
  return out.div(norm).reshape(n, heads, steps, r.v.size(-1));
}

/** The mixer of xLSTM: a matrix memory with exponential gates. Whole chunks first, the tokens left over one by one. */
function mlstm(c: Config): PassLayer {
  const [hidden, heads, chunk] = [c.size('hidden_size'), c.size('num_heads'), c.size('chunk_size', 64)];
  const depth = Math.trunc(hidden * c.number('qk_dim_factor', 0.5));
  const width = Math.trunc(hidden * c.number('v_dim_factor', 1));
  const [key, value] = [Math.floor(depth / heads), Math.floor(width / heads)];
  const bias = c.bool('use_bias');
  const fused = c.str('weight_mode', 'single') === 'fused';
  const parts: Record<string, Layer> = fused
    ? {
        qkv_opreact: linear(hidden, 2 * depth + 2 * width, bias),
        ifgate_preact: linear(hidden, 2 * heads, true),
      }
    : {
        q: linear(hidden, depth, bias),
        k: linear(hidden, depth, bias),
        v: linear(hidden, width, bias),
        ogate_preact: linear(hidden, width, bias),
        igate_preact: linear(hidden, heads, true),
        fgate_preact: linear(hidden, heads, true),
      };
  const norm = layerNorm(width, bias);
  const out = linear(width, hidden, bias);
  return unit('xLSTMLayer', { ...parts, multihead_norm: norm, out_proj: out }, (x: nn.Tensor, pass: nn.Pass) => {
    const call = (name: string): nn.Tensor => (parts[name] as Layer)(x);
    const [n, steps] = [x.size(0), x.size(1)];
    const [q, k, v, open] = (
      fused
        ? call('qkv_opreact').split([depth, depth, width, width], -1)
        : [call('q'), call('k'), call('v'), call('ogate_preact')]
    ) as [nn.Tensor, nn.Tensor, nn.Tensor, nn.Tensor];
    const gates = fused ? [call('ifgate_preact')] : [call('igate_preact'), call('fgate_preact')];
    for (const gate of gates) gate.div(1).tanh().mul(1);
    const split = (t: nn.Tensor, d: number): nn.Tensor => t.view(n, steps, heads, d).transpose(1, 2);
    const all = {
      q: split(q, key),
      k: split(k, key),
      v: split(v, value),
      matrix: pass.state('matrix', [n, heads, key, value], 'float32'),
      vector: pass.state('vector', [n, heads, key], 'float32'),
    };
    pass.state('maximum', [n, heads, 1], 'float32');
    let y: nn.Tensor;
    if (steps === 1) y = stepwise(all);
    else {
      const rest = mod(steps, chunk);
      const whole = mul(chunk, floordiv(steps, chunk));
      const part = (start: typeof steps, length: typeof steps): Recurrence => ({
        ...all,
        q: all.q.narrow(2, start, length),
        k: all.k.narrow(2, start, length),
        v: all.v.narrow(2, start, length),
      });
      const pieces: nn.Tensor[] = [];
      if (whole !== 0) pieces.push(chunked(part(0, whole), chunk));
      if (rest !== 0) pieces.push(stepwise(part(whole, rest)));
      y = pieces.length === 1 ? (pieces[0] as nn.Tensor) : nn.functional.cat(pieces, 2);
    }
    return out(norm(y.transpose(1, 2).reshape(n, steps, width)).mul(open.sigmoid()));
  });
}

/** An RMS norm that also adds. */
function biased(size: number): Layer {
  const [weight, bias] = [new nn.Parameter([size]), new nn.Parameter([size])];
  return unit('xLSTMRMSNorm', { weight, bias }, (x: nn.Tensor) => nn.functional.rms_norm(x, [size], weight).add(bias));
}
const xlstm: Builder = (c, o) => {
  const hidden = c.size('hidden_size');
  const bias = c.bool('use_bias');
  const unitSize = c.size('ffn_round_up_to_multiple_of', 64);
  const inner = Math.ceil((hidden * c.number('ffn_proj_factor', 2.667)) / unitSize) * unitSize;
  const norm = (n: number): Layer => (bias ? biased(n) : rms(n));
  const names = {
    gate: 'proj_up_gate',
    up: 'proj_up',
    down: 'proj_down',
    ...(c.str('weight_mode', 'single') === 'fused' ? { merged: 'proj_up_gate_z' } : {}),
  };
  const layer = (): PassLayer => {
    const mixer = mlstm(c);
    const ffn = new nn.GatedMLP(hidden, inner, { bias, names, activation: (x) => nn.functional.silu(x) });
    const [first, second] = [norm(hidden), norm(hidden)];
    const parts: Parts = { norm_mlstm: first, mlstm_layer: mixer, norm_ffn: second, ffn };
    return unit('xLSTMBlock', parts, (x: nn.Tensor, pass: nn.Pass) => {
      const y = x.add(mixer(first(x), pass));
      return y.add(ffn(second(y)));
    });
  };
  return decoder(
    c,
    {
      type: 'xLSTM',
      hidden,
      vocab: c.size('vocab_size'),
      layers: layersOf(c.says('num_blocks') ? c.layers('num_blocks') : c.layers('num_hidden_layers'), layer),
      norm: rms(hidden),
      // The reference never ties the head, whatever the configuration says.
      tie: false,
      names: { base: 'backbone', embed: 'embeddings', layers: 'blocks', norm: 'out_norm' },
      softcap: true,
    },
    o,
  );
};

export const families: Readonly<Record<string, Builder>> = byName({ xlstm });
