import { type Call, Unsupported } from '../../../graph/index.js';
import type { Value } from '../../../ledger/index.js';
import { clamp, type Effect } from '../../../ops/index.js';
import { isModelError } from '../../../source/errors.js';
import type { Source } from '../../../source/index.js';
import type { TensorType } from '../../../tensor/index.js';
import type { FlatTable } from '../../../wire/flatbuffers.js';
import type { PteNode } from '../node.js';
import type { PteMethod } from '../schema.js';
import { graphIn, valuesOf, type XnnpackValue } from './graph.js';
import { RULES, type XnnpackRule } from './rules.js';

/** A number that names no value: an input that is left out. */
const ABSENT = 0xffffffff;

type XnnpackCall = Call<PteNode, PteMethod>;

/**
 * Works out the part of a program that XNNPACK computes, by its graph: the results of the call, in the order of its arguments.
 * Throws `Unsupported` if a node is of a kind that is not known or does not fit.
 */
export function runXnnpack(
  source: Source,
  place: { readonly start: number; readonly size: number },
  call: XnnpackCall,
  args: readonly (Value | null)[],
): Map<number, Value> {
  const graph = graphIn(source, place);
  const takeBack = call.runner.checkpoint();
  const values = new Values(valuesOf(graph), call, args);
  try {
    const nodes = graph.tables(1);
    for (let i = 0; i < nodes.length; i++) runNode(nodes.at(i), values, call);
  } catch (error) {
    takeBack();
    if (isModelError(error) && error.code === 'shape') throw new Unsupported(error.message);
    throw error;
  }
  return new Map(graph.ints(5).map((id) => [values.stated(id)?.external ?? -1, values.at(id)]));
}

/** The values of a graph while it is run. */
class Values {
  readonly #stated: ReadonlyMap<number, XnnpackValue>;
  readonly #call: XnnpackCall;
  readonly #args: readonly (Value | null)[];
  readonly #made = new Map<number, Value>();

  constructor(stated: ReadonlyMap<number, XnnpackValue>, call: XnnpackCall, args: readonly (Value | null)[]) {
    this.#stated = stated;
    this.#call = call;
    this.#args = args;
  }

  stated(id: number): XnnpackValue | undefined {
    return this.#stated.get(id);
  }

  set(id: number, value: Value): void {
    this.#made.set(id, value);
  }

  /** A result, a stored weight or an argument of the call, each made once. Throws `Unsupported`. */
  at(id: number): Value {
    const known = this.#made.get(id);
    if (known !== undefined) return known;
    const own = this.#stated.get(id);
    const given = own === undefined || own.constant ? null : (this.#args[own.external] ?? null);
    if (own?.type == null) throw new Unsupported(`value ${id} of its graph has no type`);
    const { trace } = this.#call.runner;
    const name = `${this.#call.node.name}.${id}`;
    const value = own.constant
      ? trace.weight({ name, aliases: [], kind: 'parameter', trainable: null, ...own.type })
      : trace.alias(given?.name ?? name, own.type, given ?? trace.opaque(name));
    this.set(id, value);
    return value;
  }
}

/** Records one node, with the limits of its result that are fused into it. */
function runNode(entry: FlatTable, values: Values, { node, runner, source: spelling }: XnnpackCall): void {
  const [kind, table] = [entry.u8(0), entry.table(1)];
  const rule = RULES[kind] ?? null;
  if (rule === null || table === null)
    throw new Unsupported(`a node of its graph is of kind ${kind}, which is not known`);
  const ids = rule.inputs.map((field) => table.u32(field));
  const inputs = ids.map((id) => (id === ABSENT || values.stated(id) === undefined ? null : values.at(id)));
  const output = table.u32(rule.output);
  const out = values.stated(output)?.type ?? null;
  if (out === null) throw new Unsupported(`a result of ${rule.name} has no type`);
  const effect = effectOf(rule, table, inputs, out);
  const name = `${node.name}.${output}`;
  const [result] = runner.trace.apply(
    {
      ...effect,
      outputs: [{ ...out, ...(effect.outputs[0]?.view === undefined ? {} : { view: 0 }) }],
      work: [...effect.work, ...clampWork(entry.table(3), out)],
    },
    inputs,
    { ...spelling, type: `xnnpack.${rule.name}`, name, outputs: [name] },
  );
  values.set(output, result as Value);
}

function effectOf(rule: XnnpackRule, table: FlatTable, inputs: readonly (Value | null)[], out: TensorType): Effect {
  const optional = (field: number): TensorType | null => inputs[rule.inputs.indexOf(field)]?.type ?? null;
  const at = (field: number): TensorType => {
    const type = optional(field);
    if (type === null) throw new Unsupported(`an input of ${rule.name} is not known`);
    return type;
  };
  return rule.run({ table, out, optional, at });
}

/** A compare for each finite limit of a result. */
function clampWork(bounds: FlatTable | null, out: TensorType): Effect['work'] {
  const ends = bounds === null ? [] : [bounds.f32(0), bounds.f32(1)].filter(Number.isFinite);
  return ends.length > 0 ? clamp(out, ends.length).work : [];
}
