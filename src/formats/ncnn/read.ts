import type { Ledger } from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import type { TensorType } from '../../tensor/index.js';
import { ledgerOfLayers, scopesOf, unread } from '../layer-graph/read.js';
import type { StatedInput } from '../settle.js';
import type { ReadOptions } from '../types.js';
import { ruleFor } from './layers/index.js';
import { FORMAT, layersOf, type NcnnNode } from './parse.js';
import { unstatedInputs } from './unstated.js';

/**
 * Reads an ncnn network from its `.param` file alone: sizes of weights are among the settings of its layers. Blobs have
 * no batch. Throws ModelError.
 */
export function readNcnn(source: Source, options: ReadOptions = {}): Ledger {
  const layers = layersOf(source);
  if (layers.length === 0)
    throw new ModelError('malformed', 'the file has no layers', { format: FORMAT, hint: 'Convert the model again.' });
  const nodes = layers.filter((node) => node.opType !== 'Input');
  const unstated = unstatedInputs(nodes);
  const inputs = layers
    .filter((node) => node.opType === 'Input')
    .flatMap((node) => node.output.map((name) => statedInput(name, node, unstated(name))));
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
function statedInput(name: string, { attrs }: NcnnNode, read: TensorType | null): StatedInput {
  const shape = [2, 11, 1, 0].filter((id) => attrs.has(id)).map((id) => attrs.number(id));
  const hint = hintsOf(attrs.numbers(30))[0];
  if (shape.length === 0 || shape.some((d) => d <= 0)) return { name, type: hint ?? read };
  // The first converters wrote channels, rows, columns: what reads the input says which it is.
  const turned = read !== null && read.shape.length === shape.length && read.shape[0] !== shape[0];
  return {
    name,
    type: { dtype: 'float32', shape: turned && read.shape[0] === shape.at(-1) ? [...shape].reverse() : shape },
  };
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
