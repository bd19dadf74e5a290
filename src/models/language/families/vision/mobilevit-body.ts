import type * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { type Activation, activation, chain, divisible, type Layer, list } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { pairOf } from '../../blocks/vit.js';
import type { Config } from '../../config.js';
import { conv, convBlock } from './convnets.js';

interface BlockOptions {
  readonly stride?: number;
  readonly groups?: number;
  readonly dilation?: number;
  /** No activation. */
  readonly plain?: boolean;
}

/** A stage with attention, which each version builds itself. */
export interface Stage {
  /** Which of the three. */
  readonly at: number;
  /** The inverted residual that it begins with, and the channels that it gives. */
  readonly down: Layer;
  readonly out: number;
  /** Extents of the map after it. */
  readonly height: number;
  readonly width: number;
}

/**
 * What both versions of MobileViT have in common: convolutions, inverted residuals, and stages each on a smaller map. `prefix`
 * begins the names of their classes.
 */
export class MobileViTBody {
  readonly act: Activation;
  readonly image: [number, number];
  /** Side of a patch of attention. */
  readonly patch: number;
  /** Side of the convolutions around attention. */
  readonly kernel: number;
  readonly prefix: string;
  readonly #c: Config;
  readonly #expand: number;
  /** Extents of the map so far. */
  #size: [number, number];

  constructor(c: Config, prefix: string, defaults: { readonly act: string; readonly expand: number }) {
    this.act = activation(c, 'hidden_act', defaults.act);
    this.image = pairOf(c, 'image_size', 256);
    this.patch = c.size('patch_size', 2);
    this.kernel = c.size('conv_kernel_size', 3);
    this.prefix = prefix;
    this.#c = c;
    this.#expand = c.number('expand_ratio', defaults.expand);
    this.#size = this.image;
  }

  /** A convolution with batch norm and activation. */
  block(i: number, out: number, size: number, options: BlockOptions = {}): Layer {
    const { stride = 1, groups = 1, dilation = 1, plain = false } = options;
    return convBlock(`${this.prefix}ConvLayer`, i, out, size, stride, plain ? null : this.act, groups, {
      dilation,
      padding: Math.floor((size - 1) / 2) * dilation,
    });
  }

  /** A pointwise convolution and nothing else. */
  point(i: number, out: number, options: { readonly bias: boolean }): Layer {
    const convolution = conv(i, out, 1, 1, options);
    return unit(`${this.prefix}ConvLayer`, { convolution }, (x: nn.Tensor) => convolution(x));
  }

  residual(i: number, out: number, stride: number, dilation = 1): Layer {
    const inner = divisible(Math.round(i * this.#expand), 8);
    const [up, down] = [this.block(i, inner, 1), this.block(inner, out, 1, { plain: true })];
    const across = this.block(inner, inner, 3, { stride, groups: inner, dilation });
    const parts = { expand_1x1: up, conv_3x3: across, reduce_1x1: down };
    return unit(`${this.prefix}InvertedResidual`, parts, (x: nn.Tensor) => {
      const y = down(across(up(x)));
      return stride === 1 && i === out ? x.add(y) : y;
    });
  }

  /** The first convolution. */
  stem(out: number): Layer {
    this.#halve();
    return this.block(this.#c.int('num_channels', 3), out, 3, { stride: 2 });
  }

  /**
   * Two groups of inverted residuals, the second of `count` on a smaller map, then three stages with attention. `widths`: of
   * the stem and of each of the five.
   */
  encoder(widths: readonly number[], count: number, build: (stage: Stage) => Layer): Layer {
    const [w0 = 0, w1 = 0, w2 = 0] = widths;
    const layers = [this.#group(w0, w1, 1, 1), this.#group(w1, w2, 2, count)];
    const stride = this.#c.size('output_stride', 32);
    let dilation = 1;
    for (const at of [0, 1, 2]) {
      const dilated = (at === 1 && stride === 8) || (at === 2 && stride <= 16);
      if (dilated) dilation *= 2;
      const [i, out] = [widths[at + 2] as number, widths[at + 3] as number];
      const down = this.residual(i, out, dilation > 1 ? 1 : 2, dilation > 1 ? dilation / 2 : 1);
      if (dilation === 1) this.#halve();
      const [height, width] = this.#size;
      layers.push(build({ at, down, out, height, width }));
    }
    return unit(`${this.prefix}Encoder`, { layer: list(layers) }, (x: nn.Tensor) => chain(layers, x));
  }

  #group(i: number, out: number, stride: number, count: number): Layer {
    const layers = layersOf(
      count,
      (n) => this.residual(n === 0 ? i : out, out, n === 0 ? stride : 1),
      (n) => n === 0,
    );
    if (stride === 2) this.#halve();
    return unit(`${this.prefix}MobileNetLayer`, { layer: list(layers) }, (x: nn.Tensor) => chain(layers, x));
  }

  #halve(): void {
    const [h, w] = this.#size;
    this.#size = [Math.floor((h - 1) / 2) + 1, Math.floor((w - 1) / 2) + 1];
  }
}
