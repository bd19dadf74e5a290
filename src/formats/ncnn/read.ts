import { type Dim, sym } from '../../dim/index.js';
import type { Ledger } from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import type { TensorType } from '../../tensor/index.js';
import { ledgerOfLayers, scopesOf, unread } from '../layer-graph/read.js';
import type { StatedInput } from '../settle.js';
import type { ReadOptions } from '../types.js';
import { ruleFor } from './layers/index.js';
import { FORMAT, layersOf, type NcnnNode } from './parse.js';

/**
 * What an ncnn network does, from its `.param` file alone: sizes of weights are among the settings of its layers. Blobs have
 * no batch. Throws ModelError.
 */
export function readNcnn(source: Source, options: ReadOptions = {}): Ledger {
  const layers = layersOf(source);
  if (layers.length === 0)
    throw new ModelError('malformed', 'the file has no layers', { format: FORMAT, hint: 'Convert the model again.' });
  const nodes = layers.filter((node) => node.opType !== 'Input');
  const inputs = layers
    .filter((node) => node.opType === 'Input')
    .flatMap((node) => node.output.map((name) => statedInput(name, node, nodes)));
  const stated = new Map(layers.flatMap(hints));
  return ledgerOfLayers(
    {
      format: FORMAT,
      name: source.name,
      producer: null,
      nodes,
      inputs,
      outputs: unread(nodes),
      rule: (node) => ruleFor(node.opType),
      stated: (name) => stated.get(name) ?? null,
      scope: scopesOf(nodes),
      file: source,
    },
    options,
  );
}

/** Extents of an input are its columns, rows, depth and channels, as many as it has axes. */
function statedInput(name: string, { attrs }: NcnnNode, nodes: readonly NcnnNode[]): StatedInput {
  const shape = [2, 11, 1, 0].filter((id) => attrs.has(id)).map((id) => attrs.number(id));
  const hint = hintsOf(attrs.numbers(30))[0];
  const read = inferred(name, nodes);
  if (shape.length === 0 || shape.some((d) => d <= 0)) return { name, type: hint ?? read };
  // The first converters wrote channels, rows, columns: what reads the input says which it is.
  const turned = read !== null && read.shape.length === shape.length && read.shape[0] !== shape[0];
  return {
    name,
    type: { dtype: 'float32', shape: turned && read.shape[0] === shape.at(-1) ? [...shape].reverse() : shape },
  };
}

/** Of an input without extents what its first reader says of it: how many channels, how many features. */
function inferred(name: string, nodes: readonly NcnnNode[], depth = 0): TensorType | null {
  const reader = nodes.find((node) => node.input.includes(name));
  if (reader === undefined || depth > 8) return null;
  const { attrs, opType } = reader;
  const free = (i: number): Dim => sym(`${name}_${i}`);
  const of = (shape: readonly Dim[]): TensorType => ({ dtype: 'float32', shape });
  switch (opType) {
    case 'Split':
      return inferredAs(name, reader, nodes, depth);
    case 'Convolution':
    case 'ConvolutionDepthWise': {
      const taps = attrs.number(1) * attrs.number(11, attrs.number(1));
      const channels = (attrs.number(6) / (attrs.number(0) * taps)) * attrs.number(7, 1);
      return Number.isInteger(channels) && channels > 0 ? of([channels, free(1), free(2)]) : null;
    }
    case 'Convolution1D': {
      const channels = attrs.number(6) / (attrs.number(0) * attrs.number(1));
      return Number.isInteger(channels) && channels > 0 ? of([channels, free(1)]) : null;
    }
    case 'RMSNorm':
    case 'LayerNorm':
      return attrs.number(0) > 0 ? of([free(0), attrs.number(0)]) : null;
    case 'Gemm':
      return attrs.number(4) === 0 && attrs.number(9) > 0 ? of([free(0), attrs.number(9)]) : null;
    case 'InnerProduct': {
      const features = attrs.number(2) / attrs.number(0);
      return Number.isInteger(features) && features > 0 ? of([features]) : null;
    }
    case 'Embed':
      return { dtype: 'int32', shape: [free(0)] };
    default:
      return null;
  }
}

/** A blob that is split: the first part that somebody reads who says something. Symbols bear the input's name. */
function inferredAs(name: string, split: NcnnNode, nodes: readonly NcnnNode[], depth: number): TensorType | null {
  for (const part of split.output) {
    const found = inferred(part, nodes, depth + 1);
    if (found !== null)
      return { ...found, shape: found.shape.map((d, i) => (typeof d === 'number' ? d : sym(`${name}_${i}`))) };
  }
  return null;
}

/** Setting 30: rank, columns, rows and channels of each output. */
function hints({ output, attrs }: NcnnNode): [string, TensorType][] {
  const types = hintsOf(attrs.numbers(30));
  return output.flatMap((name, i): [string, TensorType][] => (types[i] === undefined ? [] : [[name, types[i]]]));
}

function hintsOf(values: readonly number[]): TensorType[] {
  return Array.from({ length: Math.floor(values.length / 4) }, (_, i) => {
    const [rank = 0, w = 0, h = 0, c = 0] = values.slice(4 * i, 4 * i + 4);
    return { dtype: 'float32', shape: [c, h, w].slice(3 - Math.min(3, Math.max(1, rank))) };
  });
}
