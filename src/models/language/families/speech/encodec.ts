import { add, ceildiv, mul, sub } from '../../../../dim/index.js';
import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import type { Builder } from '../../blocks/model.js';
import { chain, type Layer, list } from '../../blocks/parts.js';
import { type Parts, unit } from '../../blocks/unit.js';
import { headUnknown } from '../../blocks/vit.js';
import type { Config } from '../../config.js';

const F = nn.functional;

/** A weight by norm of its own, or with a group norm behind: the parts of the convolution, and what follows it. */
function convolution(
  c: Config,
  shape: readonly [number, number, number],
  outputs: number,
  run: (x: nn.Tensor, weight: nn.Tensor, bias: nn.Tensor) => nn.Tensor,
): { parts: Parts; run: (x: nn.Tensor) => nn.Tensor } {
  const kind = c.str('norm_type', 'weight_norm');
  if (kind !== 'weight_norm' && kind !== 'time_group_norm')
    throw c.wrong('norm_type', `is "${kind.slice(0, 40)}": weight_norm or time_group_norm was expected`);
  const [weight, bias] = [new nn.Parameter(shape), new nn.Parameter([outputs])];
  const norm = kind === 'time_group_norm' ? (new nn.GroupNorm(1, outputs) as unknown as Layer) : null;
  const scale = new nn.Parameter([shape[0], 1, 1]);
  const pair = unit('ParametrizationList', { original0: scale, original1: weight }, (x: nn.Tensor) => x);
  const parametrizations = unit('ModuleDict', { weight: pair }, (x: nn.Tensor) => x);
  const conv = unit('Conv1d', norm === null ? { bias, parametrizations } : { weight, bias }, (x: nn.Tensor) =>
    run(x, weight, bias),
  );
  return {
    parts: { conv, norm },
    run: (x) => {
      const y = conv(x);
      return norm?.(y) ?? y;
    },
  };
}

/** A convolution that keeps the length, or divides it by the stride and rounds up. */
function conv1d(c: Config, i: number, o: number, kernel: number, stride = 1, dilation = 1): Layer {
  const inner = convolution(c, [o, i, kernel], o, (x, weight, bias) => F.conv1d(x, weight, bias, { stride, dilation }));
  const causal = c.bool('use_causal_conv', true);
  const total = (kernel - 1) * dilation + 1 - stride;
  return unit('EncodecConv1d', inner.parts, (x: nn.Tensor) => {
    const length = x.size(2);
    const extra = sub(mul(ceildiv(length, stride), stride), length);
    const right = causal ? 0 : Math.floor(total / 2);
    const padded = F.pad(x, [total - right, add(right, extra)]);
    return inner.run(padded);
  });
}
function upsample(c: Config, i: number, o: number, kernel: number, stride: number): Layer {
  const inner = convolution(c, [i, o, kernel], o, (x, weight, bias) => F.conv_transpose1d(x, weight, bias, { stride }));
  const total = kernel - stride;
  const ratio = c.number('trim_right_ratio', 1);
  if (ratio !== 1 && !c.bool('use_causal_conv', true))
    throw c.wrong('trim_right_ratio', 'other than 1 has a meaning for causal convolutions alone');
  return unit('EncodecConvTranspose1d', inner.parts, (x: nn.Tensor) => {
    const y = inner.run(x);
    const right = c.bool('use_causal_conv', true) ? Math.ceil(total * ratio) : Math.floor(total / 2);
    return y.narrow(2, total - right, sub(y.size(2), total));
  });
}
const elu = (): Layer => unit('ELU', {}, (x: nn.Tensor) => F.elu(x));
function lstm(c: Config, width: number): Layer {
  const inner = new nn.LSTM(width, width, { num_layers: c.layers('num_lstm_layers') });
  return unit('EncodecLSTM', { lstm: inner as never }, (x: nn.Tensor) => {
    const t = x.permute(2, 0, 1);
    const [y] = (inner as unknown as nn.Module<[nn.Tensor], [nn.Tensor, unknown]>)(t);
    return y.add(t).permute(1, 2, 0);
  });
}
function residual(c: Config, width: number, dilation: number): Layer {
  const narrow = Math.floor(width / c.size('compress'));
  const block = [
    elu(),
    conv1d(c, width, narrow, c.size('residual_kernel_size'), 1, dilation),
    elu(),
    conv1d(c, narrow, width, 1),
  ];
  const shortcut = c.bool('use_conv_shortcut', true) ? conv1d(c, width, width, 1) : null;
  return unit('EncodecResnetBlock', { block: list(block), shortcut }, (x: nn.Tensor) =>
    (shortcut?.(x) ?? x).add(chain(block, x)),
  );
}

/** Sound to vectors and back: N×channels×samples → N×hidden×steps, and the reverse. */
function codersOf(c: Config, ratios: readonly number[]): { readonly encoder: Layer; readonly decoder: Layer } {
  const [hidden, filters, channels] = [c.size('hidden_size'), c.size('num_filters'), c.size('audio_channels')];
  const [kernel, last] = [c.size('kernel_size'), c.size('last_kernel_size')];
  const growth = c.size('dilation_growth_rate');
  const residuals = c.layers('num_residual_layers');
  const blocks = (width: number): Layer[] =>
    Array.from({ length: residuals }, (_, j) => residual(c, width, growth ** j));
  const top = filters * 2 ** ratios.length;
  const down = [
    conv1d(c, channels, filters, kernel),
    ...[...ratios].reverse().flatMap((ratio, n) => {
      const width = filters * 2 ** n;
      return [...blocks(width), elu(), conv1d(c, width, 2 * width, 2 * ratio, ratio)];
    }),
    lstm(c, top),
    elu(),
    conv1d(c, top, hidden, last),
  ];
  const up = [
    conv1d(c, hidden, top, kernel),
    lstm(c, top),
    ...ratios.flatMap((ratio, n) => {
      const width = top / 2 ** n;
      return [elu(), upsample(c, width, width / 2, 2 * ratio, ratio), ...blocks(width / 2)];
    }),
    elu(),
    conv1d(c, filters, channels, last),
  ];
  return {
    encoder: unit('EncodecEncoder', { layers: list(down) }, (x: nn.Tensor) => chain(down, x)),
    decoder: unit('EncodecDecoder', { layers: list(up) }, (x: nn.Tensor) => chain(up, x)),
  };
}

/** Codebooks that the lowest bandwidth leaves room for, of as many as the highest has. */
function codebooksUsed(c: Config, ratios: readonly number[]): number {
  const bandwidths: readonly unknown[] = c.list('target_bandwidths') ?? [];
  const [lowest, highest] = [bandwidths[0], bandwidths.at(-1)];
  if (typeof lowest !== 'number') throw c.wrong('target_bandwidths', 'names no bandwidth');
  if (typeof highest !== 'number') throw c.wrong('target_bandwidths', 'is not a list of numbers');
  const frames = Math.ceil(c.size('sampling_rate') / ratios.reduce((a, b) => a * b, 1));
  const bits = Math.log2(c.size('codebook_size'));
  const all = Math.floor((1000 * highest) / (frames * Math.ceil(bits)));
  const wanted = Math.max(1, Math.floor((lowest * 1000) / (bits * frames)));
  return Math.min(wanted, all);
}

/** Each codebook takes what those before it left; its vectors are not parameters. */
function quantizerOf(c: Config, used: number): Layer {
  const [entries, hidden] = [c.size('codebook_size'), c.size('hidden_size')];
  const depth = c.int('codebook_dim', hidden);
  if (depth !== hidden) throw c.wrong('codebook_dim', `is ${depth}: the vectors that it stands for have ${hidden}`);
  return unit('EncodecResidualVectorQuantizer', {}, (x: nn.Tensor) => {
    let [rest, out] = [x.transpose(1, 2), x.transpose(1, 2).mul(0)];
    for (let i = 0; i < used; i++) {
      const table = F.zeros([entries, depth], x.dtype);
      const far = rest.square().sum(-1, true).sub(rest.matmul(table.t()).mul(2)).add(table.square().sum(1));
      const found = F.embedding(far.argmax(-1), table);
      rest = rest.sub(found);
      out = out.add(found);
    }
    return out.transpose(1, 2);
  });
}

/** Runs `one` over overlapping pieces of the sound, as the reference does where the configuration gives them a length. */
function inChunks(c: Config, one: (x: nn.Tensor) => nn.Tensor): (sound: nn.Tensor) => nn.Tensor {
  const seconds = c.get('chunk_length_s');
  if (typeof seconds !== 'number') return one;
  const chunk = Math.floor(seconds * c.size('sampling_rate'));
  const step = Math.max(1, Math.floor((1 - c.number('overlap')) * chunk));
  return (sound) => {
    const length = nn.int(sound.size(2));
    const starts = Array.from({ length: Math.ceil(length / step) }, (_, i) => i * step);
    const parts = starts.map((at) => one(sound.narrow(2, at, Math.min(chunk, length - at))));
    return parts.length === 1 ? (parts[0] as nn.Tensor) : F.cat(parts, 2);
  };
}

/** EnCodec: sound to few vectors a second, these to entries of codebooks, and back to sound. */
const encodec: Builder = (c, o) => {
  const name = o.architecture;
  if (!/Model$/.test(name) && name !== '') throw headUnknown(c, name);
  const ratios = c.ints('upsampling_ratios') ?? [8, 5, 4, 2];
  if (ratios.some((r) => r < 1)) throw c.wrong('upsampling_ratios', 'has a number below 1');
  const { encoder, decoder } = codersOf(c, ratios);
  const quantizer = quantizerOf(c, codebooksUsed(c, ratios));
  const run = inChunks(c, (x) => decoder(quantizer(encoder(x))));
  const channels = c.size('audio_channels');
  return {
    module: unit(name || 'EncodecModel', { encoder, decoder, quantizer }, run),
    inputs: (free) => [
      { name: 'input_values', shape: [free('batch'), channels, free('samples', c.size('sampling_rate'))] },
    ],
    kept: () => null,
  };
};

export const families: Readonly<Record<string, Builder>> = byName({ encodec });
