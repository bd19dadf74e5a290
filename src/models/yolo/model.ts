import type { Attr } from '../../ops/index.js';
import { isModelError, ModelError } from '../../source/errors.js';
import * as nn from '../../torch/nn/index.js';
import type { LayerSpec, YoloConfig } from './config.js';
import { failureAt } from './failures.js';
import { Detect, type HeadOutput, Segment } from './heads.js';
import { Conv } from './modules.js';
import { type Layer, parseModel } from './parse.js';

/** Side of the image on which YOLOv5 finds out how much smaller each map is. */
const STRIDE_IMAGE = 256;

/** Activations that YOLOv5 makes overwrite their input when it initialises a model. */
const IN_PLACE: readonly unknown[] = [nn.Hardswish, nn.LeakyReLU, nn.ReLU, nn.ReLU6, nn.SiLU];

type Maps = nn.Tensor | readonly nn.Tensor[];
type Output = nn.Tensor | HeadOutput;

/**
 * A model of a YOLOv5 description: N×ch×H×W → what its last layer gives. H and W are multiples of its largest stride.
 * Throws ModelError with the layer's index if maps cannot meet.
 */
export class DetectionModel extends nn.Module<[nn.Tensor], Output> {
  static override readonly type: string = 'models.yolo.DetectionModel';
  model: nn.Sequential;
  readonly config: YoloConfig;
  /** Input channels, sources and repeats of each layer: what is in YOLOv5's table. */
  readonly layers: readonly Layer[];
  /** How many times smaller than the image each map of the head is; only 32 if there is no head. */
  readonly stride: readonly number[];
  fused = false;

  constructor(config: YoloConfig) {
    super();
    this.config = config;
    this.layers = parseModel(config);
    this.model = new nn.Sequential(...this.layers.map((l) => l.module));
    this.stride = this.findStrides();
    for (const m of this.model.modules())
      if (IN_PLACE.includes(m.constructor)) (m as unknown as { inplace: boolean }).inplace = true;
  }

  /** The description itself, so that a summary can be made from the facts alone. */
  override describe(): Readonly<Record<string, Attr>> {
    return { yaml: JSON.stringify(this.config), stride: [...this.stride], fused: this.fused };
  }

  forward(x: nn.Tensor): Output {
    const outputs: Output[] = [];
    for (const [i, { module, from }] of this.layers.entries()) {
      const of = (at: number): nn.Tensor => this.map(at < 0 ? x : (outputs[at] as Output), at, i);
      const input: Maps = typeof from === 'number' ? of(from) : from.map(of);
      outputs.push(this.at(i, () => (module as unknown as nn.Module<[Maps], Output>)(input)));
    }
    return outputs[outputs.length - 1] ?? x;
  }

  /** Merges batch norms into their convolutions, as YOLOv5 does before it is used. */
  fuse(): this {
    for (const m of this.model.modules()) if (m instanceof Conv) m.fuse();
    this.fused = true;
    return this;
  }

  private findStrides(): number[] {
    const head = this.layers[this.layers.length - 1]?.module;
    if (!(head instanceof Detect)) return [32];
    this.train();
    const out = this.forward(nn.tensor([1, this.config.ch, STRIDE_IMAGE, STRIDE_IMAGE])) as HeadOutput;
    const maps = (head instanceof Segment ? out[0] : out) as readonly nn.Tensor[];
    const strides = maps.map((map) => STRIDE_IMAGE / nn.int(map.size(-3)));
    head.stride = strides;
    return strides;
  }

  /** The result of layer `at`, for layer `i` to take. A head gives lists, which no layer takes. */
  private map(output: Output, at: number, i: number): nn.Tensor {
    if (output instanceof nn.Tensor) return output;
    throw failureAt(
      this.config,
      this.config.layers[i] as LayerSpec,
      i,
    )(
      `takes layer ${at} (${this.config.layers[at]?.module}), which does not give one map`,
      'a head comes last; take a layer before it',
    );
  }

  /** An error of shapes says which layer it is in; where a model is being profiled its path is there already. */
  private at<T>(i: number, body: () => T): T {
    try {
      return body();
    } catch (error) {
      const spec = this.config.layers[i];
      if (!isModelError(error) || error.format === 'yolo' || spec === undefined) throw error;
      const located = failureAt(this.config, spec, i)(error.message, error.hint, error.code);
      throw new ModelError(located.code, located.message, { ...located, at: located.at, cause: error });
    }
  }
}

/** Detection with masks. */
export class SegmentationModel extends DetectionModel {
  static override readonly type: string = 'models.yolo.SegmentationModel';
}

/** The model of a description, by what its last layer is. Throws ModelError. */
export function buildModel(config: YoloConfig): DetectionModel {
  const last = config.layers[config.layers.length - 1]?.module;
  return last === 'Segment' ? new SegmentationModel(config) : new DetectionModel(config);
}
