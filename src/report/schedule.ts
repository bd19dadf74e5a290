import { type Dim, sum } from '../dim/index.js';
import { costsOf, type Ledger, lifetimesOf, type Value } from '../ledger/index.js';
import { numel } from '../tensor/index.js';
import { type Encode, tensorOut } from './encode.js';
import type { ReportLifetime, ReportOp, ReportSchedule } from './types.js';

/** In place of an operator: what comes from, or goes to, outside. */
const INPUT = -1;
const OUTPUT = -2;

/** Operators in their order, what flows between them, and how long it lives: what drawings of a graph and of memory need. */
export function scheduleOut<N, E>(ledger: Ledger, encode: Encode<N, E>): ReportSchedule<N, E> {
  return {
    ops: costsOf(ledger).operators.map((operator) => opOut(operator, encode)),
    edges: edgesOf(ledger),
    lifetimes: lifetimesOf(ledger).map(
      ({ value, storage, from, to }): ReportLifetime<N, E> => ({
        ...tensorOut(value.name ?? madeBy(ledger, from), value, encode),
        bytes: encode.count(storage.bytes),
        from,
        to,
      }),
    ),
  };
}

function opOut<N, E>(
  { entry, tally, params }: ReturnType<typeof costsOf>['operators'][number],
  encode: Encode<N, E>,
): ReportOp<N, E> {
  const { count } = encode;
  const named = (value: Value) => tensorOut(value.weight?.name ?? value.name ?? '', value, encode);
  return {
    index: entry.index,
    op: entry.op,
    type: entry.type,
    name: entry.name,
    inputs: entry.inputs.map((value) => (value === null ? null : named(value))),
    outputs: entry.outputs.map(named),
    attrs: Object.entries(entry.attrs).map(([name, value]) => [name, attrText(value)] as const),
    primitives: Object.entries(tally.primitives).map(([name, n]) => [name, count(n)] as const),
    gap: entry.result.kind === 'gap' ? entry.result.why : null,
    params: count(sum(params.map((weight): Dim => numel(weight.shape)))),
    macs: count(tally.macs),
    flops: count(tally.flops),
    readBytes: count(entry.readBytes),
    writeBytes: count(entry.writeBytes),
  };
}

function attrText(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(attrText).join(', ')}]` : String(value);
}

/** A tensor without a name of its own is called by what made it. */
function madeBy(ledger: Ledger, index: number): string {
  const entry = ledger.entries[index];
  return entry === undefined ? 'input' : `${entry.call.path || entry.name || 'model'} (${entry.op})`;
}

/** Which operator's results each operator takes, each pair once; the model's inputs and outputs are INPUT and OUTPUT. */
function edgesOf(ledger: Ledger): number[] {
  const maker = new Map<number, number>();
  const edges: number[] = [];
  for (const entry of ledger.entries) {
    const from = new Set<number>();
    for (const value of entry.inputs) {
      if (value === null || value.storage.role === 'weight') continue;
      const made =
        maker.get(value.id) ?? maker.get(-1 - value.storage.id) ?? (value.storage.role === 'input' ? INPUT : undefined);
      if (made !== undefined) from.add(made);
    }
    for (const made of from) edges.push(made, entry.index);
    for (const value of entry.outputs) {
      maker.set(value.id, entry.index);
      // A value may reach its reader under another name: by the memory that both are.
      maker.set(-1 - value.storage.id, entry.index);
    }
  }
  for (const { value } of ledger.outputs) {
    const made = maker.get(value.id) ?? maker.get(-1 - value.storage.id);
    if (made !== undefined) edges.push(made, OUTPUT);
  }
  return edges;
}
