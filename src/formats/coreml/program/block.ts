import type { Graph, GraphNode } from '../../../graph/index.js';
import { ModelError } from '../../../source/errors.js';
import type { TensorType } from '../../../tensor/index.js';
import type { ProtoMessage } from '../../../wire/proto-message.js';
import { FORMAT } from '../features.js';
import { type Literal, literalOf, typeOf } from './types.js';

/** An operator's argument under one name: places among its inputs, or values in the file. */
export type Argument = readonly (number | Literal)[];

export interface MilNode extends GraphNode {
  readonly args: ReadonlyMap<string, Argument>;
  /** Types of the outputs as the file states them. */
  readonly stated: readonly (TensorType | null)[];
  readonly blocks: readonly MilGraph[];
}

/** A constant: what it is, and how it is stored where that is another type. */
export interface Constant {
  readonly literal: Literal;
  readonly stored: TensorType | null;
  readonly role: 'parameter' | 'buffer' | 'constant';
}

export interface MilInfo {
  readonly constants: ReadonlyMap<string, Constant>;
  readonly types: ReadonlyMap<string, TensorType | null>;
}

export type MilGraph = Graph<MilNode, MilInfo>;

/** A block: its inputs, its operators, the names that it gives. */
export function blockOf(block: ProtoMessage, inputs: readonly string[] = []): MilGraph {
  const constants = new Map<string, Constant>();
  const types = new Map<string, TensorType | null>();
  const nodes: MilNode[] = [];
  for (const operation of block.messages(3)) {
    const opType = operation.text(1);
    const outputs = operation.messages(3);
    const output = outputs.map((o) => o.text(1));
    const stated = outputs.map((o, i) => typeOf(o.message(2), output[i] as string));
    for (const [i, name] of output.entries()) types.set(name, stated[i] ?? null);
    const attributes = new Map(operation.entries(5));
    const [name = ''] = output;
    if (opType === 'const') {
      const value = attributes.get('val');
      if (value === undefined) throw malformed(`the constant ${name} has no value`, name);
      constants.set(name, { literal: literalOf(value, name), stored: null, role: 'constant' });
      continue;
    }
    if (opType.startsWith('constexpr_')) {
      constants.set(name, compressed(operation, attributes, stated[0] ?? null, constants));
      continue;
    }
    nodes.push(nodeOf(operation, opType, output, stated));
  }
  const own = block.messages(1).map((input) => input.text(1));
  for (const [i, input] of block.messages(1).entries())
    types.set(own[i] as string, typeOf(input.message(2), own[i] as string));
  return {
    nodes,
    inputs: inputs.length > 0 ? inputs : own,
    outputs: block.texts(2),
    info: { constants: rolesIn(nodes, constants), types },
  };
}

/** Order of arguments: the data, then the weights, then settings. */
const ORDER = [
  'x',
  'input',
  'query',
  'cond',
  'data',
  'ls',
  'ref_tensor',
  'values',
  'a',
  'b',
  'y',
  'key',
  'value',
  'indices',
  'updates',
  'weight',
  'weight_ih',
  'weight_hh',
  'bias',
  'gamma',
  'beta',
  'mean',
  'variance',
];

function placeOf([name]: readonly [string, unknown]): number {
  const place = ORDER.indexOf(name);
  return place < 0 ? ORDER.length : place;
}

function nodeOf(operation: ProtoMessage, opType: string, output: string[], stated: (TensorType | null)[]): MilNode {
  const input: string[] = [];
  const args = new Map<string, Argument>();
  const given = operation.entries(2).sort((a, b) => placeOf(a) - placeOf(b));
  for (const [name, argument] of given)
    args.set(
      name,
      argument.messages(1).map((binding) => {
        const value = binding.message(2);
        if (value !== null) return literalOf(value, name);
        return input.push(binding.text(1)) - 1;
      }),
    );
  return {
    name: output[0] ?? '',
    opType,
    input,
    output,
    args,
    stated,
    blocks: operation.messages(4).map((block) => blockOf(block)),
  };
}

/** Names under which a compressed weight has what it is made of. */
const DATA = ['quantized_data', 'data', 'indices', 'nonzero_data', 'source_val', 'lut'];

/** A weight that is stored in another form: its elements are those of the result, their width that of what is stored. */
function compressed(
  operation: ProtoMessage,
  attributes: ReadonlyMap<string, ProtoMessage>,
  type: TensorType | null,
  constants: ReadonlyMap<string, Constant>,
): Constant {
  const inputs = new Map(operation.entries(2));
  let stored: TensorType | null = null;
  for (const key of DATA) {
    const attribute = attributes.get(key);
    const binding = inputs.get(key)?.messages(1)[0];
    const inline = attribute ?? binding?.message(2) ?? null;
    const named = binding === undefined ? undefined : constants.get(binding.text(1));
    const own = inline === null ? (named?.stored ?? named?.literal.type ?? null) : literalOf(inline, key).type;
    if (own === null) continue;
    stored = type === null ? own : { dtype: own.dtype, shape: type.shape };
    break;
  }
  return { literal: { type, numbers: undefined, texts: [], apart: true }, stored, role: 'constant' };
}

/** Arguments that are running statistics. */
const STATISTICS = new Set(['mean', 'variance']);

/** Real numbers of more than one element are parameters, except for running statistics. */
function rolesIn(nodes: readonly MilNode[], constants: Map<string, Constant>): Map<string, Constant> {
  const buffers = new Set<string>();
  const used = new Set<string>();
  const look = (all: readonly MilNode[]): void => {
    for (const node of all) {
      for (const [name, argument] of node.args)
        for (const at of argument) {
          if (typeof at !== 'number') continue;
          used.add(node.input[at] as string);
          if (node.opType === 'batch_norm' && STATISTICS.has(name)) buffers.add(node.input[at] as string);
        }
      for (const block of node.blocks) look(block.nodes);
    }
  };
  look(nodes);
  for (const [name, constant] of constants) {
    const type = constant.literal.type;
    const count = type?.shape.reduce<number>((n, d) => n * Number(d), 1) ?? 0;
    const real = type !== null && /float/.test(type.dtype) && count > 1;
    if (real && used.has(name)) constants.set(name, { ...constant, role: buffers.has(name) ? 'buffer' : 'parameter' });
  }
  return constants;
}

function malformed(message: string, node: string): ModelError {
  return new ModelError('malformed', message, {
    format: FORMAT,
    at: { node },
    hint: 'the file is damaged: export it again',
  });
}
