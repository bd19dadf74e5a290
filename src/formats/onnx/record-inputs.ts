import type { GraphValue, Values } from '../../graph/index.js';
import type { Value } from '../../ledger/index.js';
import type { TensorType } from '../../tensor/index.js';
import type { OnnxInterpreter } from './info.js';
import type { GraphProto, TypeProto, ValueInfoProto } from './schema.js';
import { type GraphInput, type Ranges, statedType } from './symbols.js';

/** Records the inputs of a graph, and lets its nodes find them under their names. */
export function recordInputs(
  inputs: readonly GraphInput[],
  graph: GraphProto,
  runner: OnnxInterpreter,
  values: Values,
): { readonly name: string; readonly value: Value }[] {
  const infos = new Map(graph.input.map((info) => [info.name, info]));
  return inputs.map(({ name, type }) => {
    const value = runner.trace.input(name, type === null ? null : symbolicInput(name, type, runner));
    values.set(name, type === null ? (containerOf(infos.get(name), runner) ?? value) : value);
    return { name, value };
  });
}

/** Integers that the caller chooses, where they are few: they may be sizes, and are symbols of the input's name. */
const MAX_SYMBOLIC = 8;

function symbolicInput(name: string, type: TensorType, runner: OnnxInterpreter): TensorType {
  const { dtype, shape } = type;
  const [count = 1] = shape;
  if (!['int64', 'int32', 'bool'].includes(dtype) || shape.length > 1) return type;
  if (typeof count !== 'number' || count < 1 || count > MAX_SYMBOLIC) return type;
  const range = dtype === 'bool' ? { min: 0, max: 1 } : { min: null };
  const value = Array.from({ length: count }, (_, i) => runner.symbol(count === 1 ? name : `${name}.${i}`, range));
  return { dtype, shape, value };
}

const NO_RANGES: Ranges = new Map();

/** An input that is a list or an optional: of a length, or an existence, that the caller decides. */
function containerOf(info: ValueInfoProto | undefined, runner: OnnxInterpreter): GraphValue | undefined {
  const of = (name: string, type: TypeProto | undefined): GraphValue | undefined => {
    if (type?.sequenceType !== undefined) {
      const item = statedType(name, type.sequenceType.elemType, NO_RANGES);
      const length = runner.symbol(`${name}.length`, { min: 0 });
      return { kind: 'sequence', items: null, length, item };
    }
    if (type?.optionalType === undefined) return undefined;
    const inner = type.optionalType.elemType;
    const content = of(name, inner) ?? runner.trace.input(name, statedType(name, inner, NO_RANGES));
    return { kind: 'optional', content, certain: false };
  };
  return info === undefined ? undefined : of(info.name, info.type);
}
