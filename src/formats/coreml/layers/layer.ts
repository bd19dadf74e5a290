import { type Dim, product } from '../../../dim/index.js';
import type { Call } from '../../../graph/index.js';
import { type Effect, shapeError } from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import type { ProtoMessage } from '../../../wire/proto-message.js';
import { NodeView, viewed } from '../../node-view.js';
import type { CoreNode, NetworkInfo } from '../node.js';

/** A layer of a network as a rule sees it. Its weights are inputs after those that the file states. */
export class Layer extends NodeView {
  readonly node: CoreNode;
  readonly params: ProtoMessage;
  /** Inputs that the file states. */
  readonly data: number;

  constructor(call: Call<CoreNode, NetworkInfo>) {
    super(viewed(call));
    this.node = call.node;
    this.params = call.node.params;
    this.data = call.node.input.length - call.node.blobs.length;
  }

  /** The types of the inputs that the file states. */
  given(): TensorType[] {
    return Array.from({ length: this.data }, (_, i) => this.in(i));
  }

  /** A weight by its name; null if the layer has none. */
  blob(name: string): TensorType | null {
    const at = this.node.blobs.indexOf(name);
    return at < 0 ? null : this.opt(this.data + at);
  }

  /** The channels are the third axis from behind; of vectors the last. */
  channelAxis(x: TensorType): number {
    return x.shape.length >= 3 ? x.shape.length - 3 : x.shape.length - 1;
  }

  get outputs(): number {
    return this.node.output.length;
  }
}

/** One weight of a layer: where it is and its extents. */
export interface Blob {
  readonly name: string;
  /** `WeightParams`. */
  readonly params: ProtoMessage | null;
  readonly shape: readonly number[];
  /** Running statistics. */
  readonly buffer?: true;
}

export interface Entry {
  readonly run: (n: Layer) => Effect;
  readonly weights?: (params: ProtoMessage) => readonly Blob[];
  /** Inputs that are tables of weights where they are stored. */
  readonly tables?: readonly number[];
}
export type Table = Readonly<Record<string, Entry>>;

/** A tensor as `batch × channels × …`, of the axes behind `axes`; and what comes from it with the axes in front as they were. */
export function overSpatial(x: TensorType, axes: number, run: (flat: TensorType) => Effect): Effect {
  const at = x.shape.length - axes - 1;
  if (at < 0) throw shapeError(`an input of ${x.shape.length} axes has no channels and ${axes} axes after them`);
  const lead = x.shape.slice(0, at);
  if (lead.length === 1) return run(x);
  const batch: Dim = product(lead);
  const effect = run({ dtype: x.dtype, shape: [batch, ...x.shape.slice(at)] });
  return {
    ...effect,
    outputs: effect.outputs.map((out) => ({ ...out, shape: [...lead, ...out.shape.slice(1)] })),
  };
}
