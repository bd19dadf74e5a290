import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import type { DType } from '../../tensor/index.js';
import { FORMAT } from './detect.js';
import { Attributes, type PaddleNode, type Plain, type Program, type Variable } from './program.js';

// Programs as JSON, keys cut to letters: `#` names, `A` attributes, `I` inputs, `O` outputs, `TT` types, `D` contents.

const MAX_TEXT = 1 << 28;

type Json = unknown;
const isObject = (value: Json): value is Readonly<Record<string, Json>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: Json): readonly Json[] => (Array.isArray(value) ? value : []);
const field = (value: Json, key: string): Json =>
  isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;

/** The block of a program's only region. Throws ModelError. */
export function readPir(source: Source): Program {
  if (source.size > MAX_TEXT) throw malformed(`${source.name} is ${source.size} bytes of text`);
  let root: Json;
  try {
    root = JSON.parse(new TextDecoder().decode(source.read(0, source.size)));
  } catch (error) {
    throw malformed(`it is not JSON: ${error instanceof Error ? error.message : ''}`);
  }
  const ops = listOf(field(listOf(field(listOf(field(field(root, 'program'), 'regions'))[0], 'blocks'))[0], 'ops'));
  if (ops.length === 0) throw malformed('the program has no operators');
  return programOf(ops);
}

function programOf(ops: readonly Json[]): Program {
  const variables = new Map<string, Variable>();
  /** Lists of values, made of single ones. */
  const lists = new Map<string, readonly string[]>();
  const nodes: PaddleNode[] = [];
  const scopes = new Map<PaddleNode, readonly string[]>();
  const inputs: { value: string; name: string }[] = [];
  const outputs: string[] = [];
  for (const op of ops) {
    const name = String(field(op, '#') ?? '');
    if (name === 'p') {
      const stored = listOf(field(op, 'A'))[3];
      const [variable] = resultsOf(op, variables, typeof stored === 'string' ? stored : null);
      if (variable !== undefined) variables.set(variable.name, { ...variable, stored: true });
      continue;
    }
    const results = resultsOf(op, variables, null);
    for (const result of results) variables.set(result.name, result);
    const operands = listOf(field(op, 'I')).map(idOf);
    if (name === '0.combine') {
      lists.set(results[0]?.name ?? '', operands);
      continue;
    }
    if (name === '0.split') {
      // What makes the list makes its parts.
      const maker = nodes.findLast((node) => node.output.includes(operands[0] ?? ''));
      if (maker !== undefined) (maker as { output: readonly string[] }).output = results.map((r) => r.name);
      continue;
    }
    const input: string[] = [];
    const slots = new Map<string, readonly number[]>();
    for (const [i, id] of operands.entries()) {
      const parts = lists.get(id) ?? [id];
      slots.set(
        `#${i}`,
        parts.map((_, k) => input.length + k),
      );
      input.push(...parts);
    }
    const attrs = new Map(
      listOf(field(op, 'A')).map((a): [string, Plain] => [String(field(a, 'N')), plainOf(field(a, 'AT'))]),
    );
    const node: PaddleNode = {
      name: results[0]?.name ?? '',
      opType: name.replace(/^\d+\./, ''),
      input,
      output: results.map((r) => r.name),
      attrs: new Attributes(attrs, slots),
    };
    if (node.opType === 'data' || node.opType === 'feed') {
      // Inputs have names of their own; values are numbers.
      inputs.push({ value: node.name, name: node.attrs.text('name', node.name) });
      continue;
    }
    if (node.opType === 'fetch' || node.opType === 'shadow_output') {
      outputs.push(...input);
      continue;
    }
    scopes.set(
      node,
      node.attrs
        .text('struct_name')
        .split('/')
        .filter((part) => part !== ''),
    );
    nodes.push(node);
  }
  return { nodes, variables, inputs, outputs, producer: 'PaddlePaddle 3', scope: (node) => scopes.get(node) ?? [] };
}

/** A value's number, as a name; of one that is left out nothing. */
function idOf(operand: Json): string {
  const id = field(operand, '%');
  return typeof id === 'number' && id !== 0 ? String(id) : '';
}

function resultsOf(op: Json, known: ReadonlyMap<string, Variable>, stored: string | null): Variable[] {
  const written = field(op, 'O');
  return (Array.isArray(written) ? written : isObject(written) ? [written] : []).map((result: Json): Variable => {
    const name = String(field(result, '%') ?? `out${known.size}`);
    const type = field(result, 'TT');
    const contents = listOf(field(type, 'D'));
    const dtype = TYPES[String(field(contents[0], '#') ?? '').replace(/^\d+\.t_/, '')] ?? null;
    const shape = listOf(contents[1]).map(Number);
    return { name, dtype, shape: shape.every(Number.isFinite) ? shape : [], stored: false, label: stored ?? name };
  });
}

const TYPES: Readonly<Record<string, DType>> = Object.assign(Object.create(null), {
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
      return isObject(value) ? plainOf(value, depth + 1) : null;
    });
  if (isObject(contents) && depth < 8) return plainOf(contents, depth + 1);
  return null;
}

function malformed(message: string): ModelError {
  return new ModelError('malformed', message, {
    format: FORMAT,
    hint: 'Export the model again with paddle.jit.save.',
  });
}
