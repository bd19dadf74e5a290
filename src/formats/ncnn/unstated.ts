import { type Dim, sym } from '../../dim/index.js';
import type { TensorType } from '../../tensor/index.js';
import type { NcnnNode } from './parse.js';

// An input without extents gets them from the layers that read it: how many channels or features their weights are for.

/** Layers that keep channels, whatever they do to rows and columns. */
const KEEPS_CHANNELS: ReadonlySet<string> = new Set([
  ...['Padding', 'Interp', 'Pooling', 'BinaryOp', 'UnaryOp', 'Eltwise', 'Dropout', 'Noop', 'Split', 'Power', 'Clip'],
  ...['ReLU', 'PReLU', 'Sigmoid', 'TanH', 'Swish', 'HardSwish', 'HardSigmoid', 'Mish', 'ELU', 'GELU', 'LRN', 'Exp'],
]);

/** Layers after each other that are followed, and layers in all, of one input. */
const MAX_DEPTH = 12;
const MAX_STEPS = 256;
/** Layers that are followed, and parts of joins that are looked at, of all inputs: thousands of inputs may lead to one layer. */
const MAX_LOOKS = 1 << 17;

/** Says what inputs are that state no extents; null if what reads them does not tell. */
export function unstatedInputs(nodes: readonly NcnnNode[]): (input: string) => TensorType | null {
  const readers = new Map<string, NcnnNode>();
  const makers = new Map<string, NcnnNode>();
  for (const node of nodes) {
    for (const name of node.input) if (!readers.has(name)) readers.set(name, node);
    for (const name of node.output) makers.set(name, node);
  }
  let looks = 0;
  /** Whether a blob is the input itself, or made of it by layers that keep its channels. */
  const comesFrom = (blob: string, input: string): boolean => {
    let name: string | undefined = blob;
    for (let steps = 0; name !== undefined && name !== input; steps++) {
      const maker: NcnnNode | undefined = steps > MAX_DEPTH ? undefined : makers.get(name);
      name =
        maker !== undefined && (KEEPS_CHANNELS.has(maker.opType) || maker.opType === 'Crop')
          ? maker.input[0]
          : undefined;
    }
    return name === input;
  };
  return (input) => {
    let steps = 0;
    const image = (channels: number): TensorType | null =>
      Number.isInteger(channels) && channels > 0 ? real([channels, sym(`${input}_1`), sym(`${input}_2`)]) : null;
    /** How often a layer puts the channels of the input after one another; 0 if it does something else. */
    const partsOf = ({ opType, attrs, input: parts }: NcnnNode): number => {
      if (opType === 'YoloV5Focus') return 4;
      if (opType !== 'Concat' || attrs.number(0) !== 0) return 0;
      looks += parts.length;
      return parts.every((part) => comesFrom(part, input)) ? parts.length : 0;
    };
    const follow = (blob: string, depth: number): TensorType | null => {
      const reader = readers.get(blob);
      if (reader === undefined || depth > MAX_DEPTH || steps++ > MAX_STEPS || looks++ > MAX_LOOKS) return null;
      const own = readAs(input, reader.input.indexOf(blob), reader);
      if (own !== null) return own;
      const behind = (): TensorType | null => {
        for (const name of reader.output) {
          const found = follow(name, depth + 1);
          if (found !== null) return found;
        }
        return null;
      };
      if (KEEPS_CHANNELS.has(reader.opType)) return behind();
      const parts = partsOf(reader);
      const made = parts === 0 ? null : behind();
      return made?.shape.length === 3 ? image(Number(made.shape[0]) / parts) : null;
    };
    return follow(input, 0);
  };
}

const real = (shape: readonly Dim[]): TensorType => ({ dtype: 'float32', shape });

/** How many gates the weights of a recurrent layer are for. */
const GATES: Readonly<Record<string, number>> = { LSTM: 4, GRU: 3, RNN: 1 };

/** The type of an input by a layer with weights that reads it. */
function readAs(input: string, place: number, { opType, attrs }: NcnnNode): TensorType | null {
  const free = (i: number): Dim => sym(`${input}_${i}`);
  const whole = (n: number): boolean => Number.isInteger(n) && n > 0;
  switch (opType) {
    case 'Convolution':
    case 'ConvolutionDepthWise': {
      const taps = attrs.number(1) * attrs.number(11, attrs.number(1));
      const channels = (attrs.number(6) / (attrs.number(0) * taps)) * attrs.number(7, 1);
      return whole(channels) ? real([channels, free(1), free(2)]) : null;
    }
    case 'Convolution1D': {
      const channels = attrs.number(6) / (attrs.number(0) * attrs.number(1));
      return whole(channels) ? real([channels, free(1)]) : null;
    }
    case 'InstanceNorm':
    case 'BatchNorm':
      return attrs.number(0) > 0 ? real([attrs.number(0), free(1), free(2)]) : null;
    case 'RMSNorm':
    case 'LayerNorm':
      return attrs.number(0) > 0 ? real([free(0), attrs.number(0)]) : null;
    case 'Gemm':
      return attrs.number(4) === 0 && attrs.number(9) > 0 ? real([free(0), attrs.number(9)]) : null;
    case 'InnerProduct': {
      const features = attrs.number(2) / attrs.number(0);
      return whole(features) ? real([features]) : null;
    }
    case 'Embed':
      return { dtype: 'int32', shape: [free(0)] };
    case 'LSTM':
    case 'GRU':
    case 'RNN': {
      // Steps and features, then the states, one row for each direction.
      const directions = attrs.number(2) === 2 ? 2 : 1;
      const units = attrs.number(0);
      const cells = attrs.number(3, units);
      const features = attrs.number(1) / (directions * (GATES[opType] as number) * cells);
      if (place === 0) return whole(features) ? real([free(0), features]) : null;
      return units > 0 ? real([directions, place === 1 ? units : cells]) : null;
    }
    default:
      return null;
  }
}
