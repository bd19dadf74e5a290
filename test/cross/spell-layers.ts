import { mul } from '../../src/dim/index.js';
import { readCaffe } from '../../src/formats/caffe/read.js';
import { readDarknet } from '../../src/formats/darknet/read.js';
import { readNcnn } from '../../src/formats/ncnn/read.js';
import { memorySource } from '../../src/source/index.js';
import { type Cost, costOf, type Input, typeOf } from './spell-types.js';

const source = (text: string, name: string) => memorySource(new TextEncoder().encode(text), { name });

/** A format of one image: the cost of so many, whose results are laid out by these extents. */
function times(cost: Cost, extents: readonly number[]): Cost {
  const images = extents.reduce((a, b) => a * b, 1);
  return {
    ops: cost.ops,
    macs: mul(cost.macs, images),
    macsUnpadded: cost.macsUnpadded === null ? null : mul(cost.macsUnpadded, images),
    flops: mul(cost.flops, images),
    primitives: Object.fromEntries(Object.entries(cost.primitives).map(([name, n]) => [name, mul(n, images)])),
    shapes: cost.shapes.map((shape) => shape && [...extents, ...shape]),
  };
}

/** A layer of ncnn with its settings by their numbers; a list is an array. */
export interface NcnnCase {
  readonly layer: string;
  readonly with?: Readonly<Record<number, number | readonly number[]>>;
  readonly inputs?: readonly Input[];
  /** A blob has no batch: how many of them the case has. */
  readonly images?: readonly number[];
}

export function viaNcnn(of: NcnnCase, given: readonly Input[], outputs = 1): Cost {
  const inputs = of.inputs ?? given;
  // Columns, rows, depth, channels.
  const ids = [[0], [1, 0], [2, 1, 0], [2, 11, 1, 0]];
  const made = Array.from({ length: Math.max(1, outputs) }, (_, i) => `y${i}`);
  const lines = inputs.map((input, i) => {
    const { shape } = typeOf(input);
    const extents = shape.map((d, axis) => `${ids[shape.length - 1]?.[axis]}=${d}`);
    return `Input x${i} 0 1 x${i} ${extents.join(' ')}`;
  });
  const settings = Object.entries(of.with ?? {}).map(([id, value]) =>
    typeof value === 'number' ? `${id}=${value}` : `${-23300 - Number(id)}=${value.length},${value.join(',')}`,
  );
  const names = [...inputs.map((_, i) => `x${i}`), ...made];
  lines.push(`${of.layer} own ${inputs.length} ${made.length} ${names.join(' ')} ${settings.join(' ')}`);
  const text = `7767517\n${lines.length} ${names.length}\n${lines.join('\n')}\n`;
  return times(costOf(readNcnn(source(text, 'case.param'), {}), outputs), of.images ?? []);
}

/** A layer of Caffe; its parameters as text. */
export interface CaffeCase {
  readonly layer: string;
  readonly with?: string;
  readonly inputs?: readonly Input[];
}

export function viaCaffe(of: CaffeCase, given: readonly Input[], outputs = 1): Cost {
  const inputs = of.inputs ?? given;
  const data = inputs.map((input, i) => {
    const dims = typeOf(input)
      .shape.map((d) => `dim: ${d}`)
      .join(' ');
    return `layer { name: "x${i}" type: "Input" top: "x${i}" input_param { shape: { ${dims} } } }`;
  });
  const bottoms = inputs.map((_, i) => `bottom: "x${i}"`).join(' ');
  const tops = Array.from({ length: Math.max(1, outputs) }, (_, i) => `top: "y${i}"`).join(' ');
  const text = `${data.join('\n')}\nlayer { name: "own" type: "${of.layer}" ${bottoms} ${tops} ${of.with ?? ''} }\n`;
  return costOf(readCaffe(source(text, 'case.prototxt'), {}), outputs);
}

/** A section of Darknet with its settings, on channels, rows and columns or a row of numbers. */
export interface DarknetCase {
  readonly section: string;
  readonly with?: Readonly<Record<string, string | number>>;
  readonly input: readonly number[];
  /** So many layers in front that do nothing, for sections that read several. */
  readonly before?: number;
  readonly images?: readonly number[];
}

export function viaDarknet(of: DarknetCase, _: readonly Input[], outputs = 1): Cost {
  const names = of.input.length === 1 ? ['inputs'] : ['channels', 'height', 'width'];
  const net = names.map((name, i) => `${name}=${of.input[i]}`).join('\n');
  const settings = Object.entries(of.with ?? {})
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');
  const text = `[net]\n${net}\n${'[empty]\n'.repeat(of.before ?? 0)}[${of.section}]\n${settings}\n`;
  const cost = costOf(readDarknet(source(text, 'case.cfg'), {}), outputs);
  return times({ ...cost, shapes: cost.shapes.map((shape) => shape?.slice(1)) }, of.images ?? []);
}
