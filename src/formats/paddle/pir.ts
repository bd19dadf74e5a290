import { byName, isRecord } from '../../source/by-name.js';
import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import type { DType } from '../../tensor/index.js';
import { FORMAT } from './detect.js';
import {
  Attributes,
  makersIn,
  type PaddleBlock,
  type PaddleNode,
  type Plain,
  type Program,
  type Variable,
} from './program.js';

// Programs as JSON, keys cut to letters: `#` names, `A` attributes, `I` inputs, `O` outputs, `TT` types, `D` contents.

const MAX_TEXT = 1 << 28;

type Json = unknown;
const listOf = (value: Json): readonly Json[] => (Array.isArray(value) ? value : []);
const field = (value: Json, key: string): Json =>
  isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;

/** The block of a program's only region, and those of its operators. Throws ModelError. */
export function readPir(source: Source): Program {
  if (source.size > MAX_TEXT) throw malformed(`${source.name} is ${source.size} bytes of text`);
  let root: Json;
  try {
    root = JSON.parse(new TextDecoder().decode(source.read(0, source.size)));
  } catch (error) {
    throw malformed(`it is not JSON: ${error instanceof Error ? error.message : ''}`);
  }
  const reader = new Reader();
  const number = reader.block(firstBlock(listOf(field(field(root, 'program'), 'regions'))[0]), 0);
  const main = reader.blocks[number] as PaddleBlock;
  if (main.nodes.length === 0 && reader.inputs.length === 0) throw malformed('the program has no operators');
  return {
    nodes: main.nodes,
    blocks: reader.blocks,
    makers: makersIn(reader.blocks),
    variables: reader.variables,
    inputs: reader.inputs,
    outputs: reader.outputs,
    producer: 'PaddlePaddle 3',
    scope: ({ attrs }) =>
      attrs
        .text('struct_name')
        .split('/')
        .filter((part) => part !== ''),
  };
}

const firstBlock = (region: Json): Json => listOf(field(region, 'blocks'))[0];

/** Values of all lists, each time that an operator reads one. */
const MAX_ITEMS = 1 << 20;
/** Blocks within blocks. */
const MAX_DEPTH = 64;

/** A block while its operators are read: each by the values that it makes. */
interface OpenBlock {
  readonly nodes: PaddleNode[];
  readonly makers: Map<string, PaddleNode>;
}

/** Collects blocks and variables while operators are read, one after the other. */
class Reader {
  readonly variables = new Map<string, Variable>();
  readonly blocks: PaddleBlock[] = [];
  readonly inputs: { value: string; name: string }[] = [];
  readonly outputs: string[] = [];
  /** Lists of values, made of single ones. */
  readonly #lists = new Map<string, readonly string[]>();
  #items = 0;

  /** Reads a block and those within it; gives its number. */
  block(written: Json, depth: number): number {
    if (depth > MAX_DEPTH) throw malformed(`blocks are nested more than ${MAX_DEPTH} deep`);
    const number = this.blocks.push({ nodes: [], inputs: [], outputs: [] }) - 1;
    const inputs = listOf(field(written, 'args')).map((arg): string => {
      const variable = variableOf(arg, field(arg, '%') ?? field(arg, '#'), this.variables.size, null);
      this.variables.set(variable.name, variable);
      return variable.name;
    });
    const open: OpenBlock = { nodes: [], makers: new Map() };
    let outputs: readonly string[] = [];
    for (const op of listOf(field(written, 'ops'))) {
      if (field(op, '#') === '2.yield') outputs = this.#operands(op).flatMap((id) => this.#parts(id));
      else this.#operator(op, open, depth);
    }
    this.blocks[number] = { nodes: open.nodes, inputs, outputs };
    return number;
  }

  #operator(op: Json, { nodes, makers }: OpenBlock, depth: number): void {
    const name = String(field(op, '#') ?? '');
    if (name === 'p') {
      const stored = listOf(field(op, 'A'))[3];
      const [variable] = resultsOf(op, this.variables, typeof stored === 'string' ? stored : null);
      if (variable !== undefined) this.variables.set(variable.name, { ...variable, stored: true });
      return;
    }
    const results = resultsOf(op, this.variables, null);
    for (const result of results) this.variables.set(result.name, result);
    const operands = this.#operands(op);
    if (name === '0.combine') {
      this.#lists.set(results[0]?.name ?? '', operands);
      return;
    }
    if (name === '0.split') {
      // The maker of the list is the maker of its parts.
      const maker = makers.get(operands[0] ?? '');
      if (maker === undefined) return;
      for (const made of maker.output) makers.delete(made);
      (maker as { output: readonly string[] }).output = results.map((r) => r.name);
      for (const made of maker.output) makers.set(made, maker);
      return;
    }
    const node = this.#node(op, name.replace(/^\d+\./, ''), operands, results, depth);
    // Inputs have names of their own; values are numbers.
    if (node.opType === 'data' || node.opType === 'feed')
      this.inputs.push({ value: node.name, name: node.attrs.text('name', node.name) });
    else if (node.opType === 'fetch' || node.opType === 'shadow_output')
      for (const value of node.input) this.outputs.push(value);
    else {
      nodes.push(node);
      for (const made of node.output) makers.set(made, node);
    }
  }

  #node(
    op: Json,
    opType: string,
    operands: readonly string[],
    results: readonly Variable[],
    depth: number,
  ): PaddleNode {
    const input: string[] = [];
    const slots = new Map<string, readonly number[]>();
    for (const [i, id] of operands.entries()) {
      const parts = this.#parts(id);
      slots.set(
        `#${i}`,
        parts.map((_, k) => input.length + k),
      );
      for (const part of parts) input.push(part);
    }
    const attrs = new Map(
      listOf(field(op, 'A')).map((a): [string, Plain] => [String(field(a, 'N')), plainOf(field(a, 'AT'))]),
    );
    const output = results.map((r) => r.name);
    const bodies = listOf(field(op, 'regions')).map((region) => this.block(firstBlock(region), depth + 1));
    return {
      name: bodies.length === 0 ? (output[0] ?? '') : `${opType}_${output[0] ?? bodies[0]}`,
      opType,
      input,
      output,
      attrs: new Attributes(attrs, slots),
      ...(bodies.length === 0 ? {} : { bodies }),
    };
  }

  #operands(op: Json): string[] {
    return listOf(field(op, 'I')).map(idOf);
  }

  /** The single values of a list, or the value itself. Throws ModelError if many operators read one long list. */
  #parts(id: string): readonly string[] {
    const list = this.#lists.get(id);
    if (list === undefined) return [id];
    this.#items += list.length;
    if (this.#items > MAX_ITEMS)
      throw new ModelError('limit', `operators read lists of more than ${MAX_ITEMS} values in all`, {
        format: FORMAT,
        hint: 'no known program does; if it is a real model, please report it',
      });
    return list;
  }
}

/** A value's number, as a name; of one that is left out nothing. */
function idOf(operand: Json): string {
  const id = field(operand, '%');
  return typeof id === 'number' && id !== 0 ? String(id) : '';
}

function resultsOf(op: Json, known: ReadonlyMap<string, Variable>, stored: string | null): Variable[] {
  const written = field(op, 'O');
  const results: readonly Json[] = Array.isArray(written) ? written : isRecord(written) ? [written] : [];
  return results.map((result) => variableOf(result, field(result, '%'), known.size, stored));
}

/** A value with its type; `otherwise` is the number of one that has none. */
function variableOf(value: Json, id: Json, otherwise: number, label: string | null): Variable {
  const name = typeof id === 'number' ? String(id) : `out${otherwise}`;
  const contents = listOf(field(field(value, 'TT'), 'D'));
  const dtype = TYPES[String(field(contents[0], '#') ?? '').replace(/^\d+\.t_/, '')] ?? null;
  const shape = listOf(contents[1]).map(Number);
  return { name, dtype, shape: shape.every(Number.isFinite) ? shape : [], stored: false, label: label ?? name };
}

const TYPES: Readonly<Record<string, DType>> = byName({
  bool: 'bool',
  i8: 'int8',
  ui8: 'uint8',
  i16: 'int16',
  i32: 'int32',
  i64: 'int64',
  index: 'int64',
  f16: 'float16',
  bf16: 'bfloat16',
  f32: 'float32',
  f64: 'float64',
});

/** Contents of an attribute; of what is not a number, text or list of them nothing. */
function plainOf(type: Json, depth = 0): Plain {
  const contents = field(type, 'D');
  if (typeof contents === 'number' || typeof contents === 'boolean' || typeof contents === 'string') return contents;
  if (Array.isArray(contents) && depth < 8)
    return contents.map((value: Json): Plain => {
      if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string') return value;
      return isRecord(value) ? plainOf(value, depth + 1) : null;
    });
  if (isRecord(contents) && depth < 8) return plainOf(contents, depth + 1);
  return null;
}

function malformed(message: string): ModelError {
  return new ModelError('malformed', message, {
    format: FORMAT,
    hint: 'Export the model again with paddle.jit.save.',
  });
}
