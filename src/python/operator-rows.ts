import { dispatched } from '../conventions/dispatched-operators.js';
import { conventionOf } from '../conventions/index.js';
import { liveEntries, tracedName } from '../conventions/traced-operators.js';
import { type Dim, mul } from '../dim/index.js';
import type { Ledger, ModuleCall, OpEntry, Value } from '../ledger/index.js';
import { isFloating } from '../tensor/index.js';
import type { Mark } from './recording.js';

/** One operator as a tool lists it: the paths of the modules that were running, its name, and its count. */
export interface OperatorRow {
  readonly paths: readonly string[];
  readonly op: string;
  readonly amount: string;
  /** Where the tool shows the amount: a module's path, or a function's name. */
  readonly shown: string;
  readonly inputs: readonly (readonly number[] | null)[];
  readonly outputs: readonly (readonly number[] | null)[];
}

/** A convention's counts of the operators that it sees, by their names in a trace; and the operators that it does not see. */
export function tracedRows(ledger: Ledger, convention: string): { seen: OperatorRow[]; unseen: OperatorRow[] } {
  const result = conventionOf(convention).run(ledger);
  const counted = new Set<OpEntry>();
  const seen = result.items.flatMap((item) =>
    item.of.map((entry) => {
      counted.add(entry);
      return { ...row(entry, tracedName(entry), item.amount), shown: item.path };
    }),
  );
  const unseen = liveEntries(ledger).filter((entry) => !counted.has(entry) && entry.result.kind === 'known');
  return {
    seen,
    unseen: unseen.map((entry) => row(entry, tracedName(entry) + (inPlace(entry) ? '_' : ''), 1)),
  };
}

/** Operators as PyTorch's dispatcher shows them to FlopCounterMode, those of backward passes and recomputations included. */
export function dispatchedRows(ledger: Ledger, marks: readonly Mark[]): OperatorRow[] {
  const rows: OperatorRow[] = [];
  const off = ranges(marks, 'grad-off');
  const hidden = ranges(marks, 'hidden');
  const found = dispatched(ledger, { grad: true }).filter((d) => !within(hidden, d.entry.index));
  for (const { entry, op, products } of found) rows.push(row(entry, `aten.${op}`, mul(2, products)));
  const learns = learning(ledger, off);
  const recomputed = ranges(marks, 'checkpoint');
  for (const mark of marks) {
    if (mark.kind !== 'backward' || mark.value === undefined) continue;
    const reaching = above(ledger, mark.value, mark.at);
    const needed = found.filter((d) => reaching.has(d.entry) && d.entry.outputs.some((v) => learns.has(v.id)));
    for (const { entry, op, products } of [...needed].reverse()) {
      const again = recomputed.find((r) => r.from <= entry.index && entry.index < r.to);
      const asking = again === undefined ? undefined : lastSaving(ledger, again);
      // The operator that asks for the recomputation is still running while it is done.
      if (asking !== undefined && entry !== asking)
        rows.push({
          ...row(entry, `aten.${op}`, mul(2, products)),
          paths: [...new Set([...pathsOf(entry.call), ...pathsOf(asking.call)])],
        });
      const operands = entry.inputs.slice(0, 2).filter((v) => v !== null && learns.has(v.id)).length;
      const name =
        op === 'convolution' ? 'convolution_backward' : op === 'addmm' ? 'mm' : op === 'baddbmm' ? 'bmm' : op;
      const times = op === 'convolution' ? 1 : operands;
      for (let i = 0; i < times; i++)
        rows.push(row(entry, `aten.${name}`, mul(op === 'convolution' ? 2 * operands : 2, products)));
    }
  }
  return rows;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

function ranges(marks: readonly Mark[], kind: Mark['kind']): Range[] {
  return marks.flatMap((m) => (m.kind === kind ? [{ from: m.at, to: m.to ?? Number.POSITIVE_INFINITY }] : []));
}

function within(list: readonly Range[], index: number): boolean {
  return list.some((r) => r.from <= index && index < r.to);
}

/** Values with a gradient: weights that are trained, and what is made of them while gradients are on. */
function learning(ledger: Ledger, off: readonly Range[]): Set<number> {
  const learns = new Set<number>();
  for (const entry of ledger.entries) {
    for (const v of entry.inputs) if (v?.weight?.trainable === true && v.weight.kind === 'parameter') learns.add(v.id);
    const from = entry.inputs.some((v) => v !== null && learns.has(v.id));
    if (!from || within(off, entry.index) || entry.op === 'detach') continue;
    for (const v of entry.outputs) if (v.type === null || isFloating(v.type.dtype)) learns.add(v.id);
  }
  return learns;
}

/** Operators before a place of which the results reach a value. */
function above(ledger: Ledger, value: number, at: number): Set<OpEntry> {
  const wanted = new Set([value]);
  const found = new Set<OpEntry>();
  for (const entry of ledger.entries.slice(0, at).reverse()) {
    if (!entry.outputs.some((v) => wanted.has(v.id))) continue;
    found.add(entry);
    for (const v of entry.inputs) if (v !== null) wanted.add(v.id);
  }
  return found;
}

/** The last operator that keeps a tensor for its gradient: it asks for the recomputation, which stops at its inputs. */
function lastSaving(ledger: Ledger, range: Range): OpEntry | undefined {
  return ledger.entries
    .slice(range.from, range.to)
    .findLast(
      (e) => e.result.kind === 'known' && e.result.work.some((w) => w.kind !== 'move') && !KEEPS_NOTHING.has(e.op),
    );
}
const KEEPS_NOTHING = new Set(['add', 'sub', 'sum', 'mean', 'dropout']);

function row(entry: OpEntry, op: string, amount: Dim): OperatorRow {
  const sizes = (values: readonly (Value | null)[]) => values.map((v) => v?.type?.shape.map(Number) ?? null);
  return {
    paths: pathsOf(entry.call),
    op,
    amount: String(amount),
    shown: entry.call.path,
    inputs: sizes(entry.inputs),
    outputs: sizes(entry.outputs),
  };
}

function pathsOf(call: ModuleCall): string[] {
  const paths: string[] = [];
  for (let at: ModuleCall | null = call; at !== null; at = at.parent) paths.unshift(at.path);
  return paths;
}

/** Whether it works on the memory of its first input. */
function inPlace(entry: OpEntry): boolean {
  const works = entry.result.kind === 'known' && entry.result.work.some((w) => w.kind !== 'move');
  const [first] = entry.inputs;
  return works && first != null && entry.outputs.some((v) => v.storage === first.storage && v !== first);
}
